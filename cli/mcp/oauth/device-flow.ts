/** The device flow (RFC 8628): a person approves in any browser, this program asks until they have. */

import { fetchToken, OAuthError, type OAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { type DeviceAnswer, pollDevice } from '../../device-polling.ts'
import { fetchBriefly } from '../http.ts'
import type { KnownClient } from '../store/login.ts'
import { authenticatedForm } from './client-authentication.ts'
import type { Discovered } from './discover.ts'
import { isUnanswered } from './explain.ts'
import { DEVICE_GRANT } from './register.ts'

const codesSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  /** Seconds. */
  expires_in: z.number().positive(),
  interval: z.number().positive().default(5),
})

export type DeviceCodes = z.infer<typeof codesSchema>

export interface DeviceFlow extends Pick<Discovered, 'server' | 'resource' | 'scope'> {
  readonly client: KnownClient
  readonly tell: (codes: DeviceCodes) => void
  readonly signal?: AbortSignal | undefined
}

export async function runDeviceFlow(flow: DeviceFlow): Promise<OAuthTokens> {
  const codes = await askForCodes(flow)
  flow.tell(codes)
  const tokens = await pollDevice({
    expiresIn: codes.expires_in,
    interval: codes.interval,
    ask: () => poll(flow, codes.device_code),
    signal: flow.signal,
  })
  if (tokens === undefined) throw tooLate()
  return tokens
}

function tooLate(): CliError {
  return new CliError('Nobody approved in time.', { nextStep: 'run it again' })
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

async function poll(
  { server, client, resource }: DeviceFlow,
  deviceCode: string,
): Promise<DeviceAnswer<OAuthTokens>> {
  try {
    const granted = await fetchToken(
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
    return { granted }
  } catch (error) {
    return toWaiting(error)
  }
}

/** Why to ask again. @throws what ends it. */
function toWaiting(error: unknown): DeviceAnswer<never> {
  if (isUnanswered(error)) return { waiting: 'unreachable' }
  const code = error instanceof OAuthError ? String(error.code) : undefined
  if (code === 'authorization_pending') return { waiting: 'pending' }
  if (code === 'slow_down') return { waiting: 'slow_down' }
  if (code === 'temporarily_unavailable') return { waiting: 'unreachable' }
  if (code === 'access_denied') throw new CliError('The login was denied.')
  if (code === 'expired_token') throw tooLate()
  throw error
}

/** What a provider of the SDK must have, and this grant never uses. */
const NOTHING_TO_KEEP = {
  tokens: () => undefined,
  saveTokens() {},
  redirectToAuthorization() {},
  saveCodeVerifier() {},
  codeVerifier: () => '',
}
