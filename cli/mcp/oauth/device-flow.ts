/** The device flow (RFC 8628): a person approves in any browser, this program asks until they have. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fetchToken, OAuthError, type OAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import type { KnownClient } from '../store/login.ts'
import { authenticatedForm } from './client-authentication.ts'
import type { Discovered } from './discover.ts'
import { DEVICE_GRANT } from './register.ts'

const codesSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  /** Seconds. */
  expires_in: z.number(),
  interval: z.number().default(5),
})

export type DeviceCodes = z.infer<typeof codesSchema>

export interface DeviceFlow extends Pick<Discovered, 'server' | 'resource' | 'scope'> {
  readonly client: KnownClient
  readonly tell: (codes: DeviceCodes) => void
}

/** RFC 8628 section 3.5. */
const SLOW_DOWN_SECONDS = 5

export async function runDeviceFlow(flow: DeviceFlow): Promise<OAuthTokens> {
  const codes = await askForCodes(flow)
  flow.tell(codes)
  const until = performance.now() + codes.expires_in * 1000
  let interval = codes.interval
  while (performance.now() < until) {
    await sleep(interval * 1000)
    const answer = await poll(flow, codes.device_code)
    if (typeof answer === 'object') return answer
    if (answer === 'slow_down') interval += SLOW_DOWN_SECONDS
  }
  throw new CliError('Nobody approved in time.', { nextStep: 'run it again' })
}

async function askForCodes({ server, client, scope, resource }: DeviceFlow): Promise<DeviceCodes> {
  const { device_authorization_endpoint: endpoint } = server
  if (endpoint === undefined) {
    throw new CliError(`${server.issuer} knows no device flow.`, {
      nextStep: 'log in with the browser (no option), or with --paste',
    })
  }
  const form = authenticatedForm(server, client, { scope, resource })
  const answer = await fetchBriefly(endpoint, form)
  const codes = codesSchema.safeParse(await answer.json().catch(() => undefined))
  if (answer.ok && codes.success) return codes.data
  throw new CliError(`${endpoint} answered ${answer.status} and no device code.`, {
    nextStep: 'log in with the browser (no option), or with --paste',
  })
}

/** The tokens, or why to ask again. */
async function poll(
  { server, client, resource }: DeviceFlow,
  deviceCode: string,
): Promise<OAuthTokens | 'authorization_pending' | 'slow_down'> {
  try {
    return await fetchToken(
      {
        redirectUrl: undefined,
        clientMetadata: { redirect_uris: [] },
        clientInformation: () => client,
        prepareTokenRequest: () =>
          new URLSearchParams({ grant_type: DEVICE_GRANT, device_code: deviceCode }),
        ...NOTHING_TO_KEEP,
      },
      server.issuer,
      { metadata: server, fetchFn: fetchBriefly, ...(resource !== undefined && { resource }) },
    )
  } catch (error) {
    const code = error instanceof OAuthError ? error.code : undefined
    if (code === 'authorization_pending' || code === 'slow_down') return code
    if (code === 'access_denied') throw new CliError('The login was denied.')
    if (code === 'expired_token') {
      throw new CliError('Nobody approved in time.', { nextStep: 'run it again' })
    }
    throw error
  }
}

/** What a provider of the SDK must have, and this grant never uses. */
const NOTHING_TO_KEEP = {
  tokens: () => undefined,
  saveTokens() {},
  redirectToAuthorization() {},
  saveCodeVerifier() {},
  codeVerifier: () => '',
}
