/** GitHub's device flow: a code is shown here, and entered in a browser anywhere (RFC 8628). */

import { z } from 'zod'
import { CliError } from '../cli-error.ts'
import { type DeviceAnswer, pollDevice } from '../device-polling.ts'

export interface DeviceFlowOptions {
  /** `GITHUB_URL` without a slash at its end. */
  readonly url: string
  readonly clientId: string
  /** Space-separated; empty for public data alone. */
  readonly scope: string
  /** Called once: where to go, and what to enter there. */
  readonly show: (prompt: { readonly url: string; readonly code: string }) => void
}

export interface GrantedToken {
  readonly token: string
  readonly scope: string
}

const deviceAnswer = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url(),
  /** Seconds. */
  expires_in: z.number().positive(),
  /** Seconds between two questions. */
  interval: z.number().positive().default(5),
})

const failure = z.object({ error: z.string(), interval: z.number().positive().optional() })
const success = z.object({ access_token: z.string().min(1), scope: z.string().default('') })

const ANSWER_MS = 10_000

/** Resolves when the person has approved. @throws CliError when they refuse, wait too long, or GitHub says no. */
export async function runDeviceFlow(options: DeviceFlowOptions): Promise<GrantedToken> {
  const { url, clientId, scope, show } = options
  const begun = await post(`${url}/login/device/code`, { client_id: clientId, scope })
  const device = deviceAnswer.safeParse(begun).data
  if (device === undefined) throw refused(begun, url)
  show({ url: device.verification_uri, code: device.user_code })
  const granted = await pollDevice({
    expiresIn: device.expires_in,
    interval: device.interval,
    ask: () => poll(options, device.device_code),
  })
  if (granted === undefined) throw tooLate()
  return granted
}

async function poll(
  { url, clientId }: DeviceFlowOptions,
  deviceCode: string,
): Promise<DeviceAnswer<GrantedToken>> {
  const answer = await post(`${url}/login/oauth/access_token`, {
    client_id: clientId,
    device_code: deviceCode,
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
  }).catch(() => undefined)
  if (answer === undefined) return { waiting: 'unreachable' }
  const granted = success.safeParse(answer).data
  if (granted !== undefined) {
    return { granted: { token: granted.access_token, scope: granted.scope } }
  }
  const told = failure.safeParse(answer).data
  if (told?.error === 'slow_down') return { waiting: 'slow_down', interval: told.interval }
  if (told?.error === 'authorization_pending') return { waiting: 'pending' }
  throw refused(answer, url)
}

/** GitHub answers 200 to what it refuses as well. */
async function post(url: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', 'user-agent': 'mcp-oauth-gateway' },
      body: new URLSearchParams(fields),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    return await response.json()
  } catch (cause) {
    throw new CliError(`${new URL(url).origin} gives no answer that can be read.`, {
      nextStep: 'look at GITHUB_URL and the connection, then again',
      cause,
    })
  }
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  access_denied: ['The request was refused in the browser.', 'gateway github login, once more'],
  device_flow_disabled: [
    'The app does not allow the device flow.',
    'tick "Enable Device Flow" in the settings of the app at GitHub',
  ],
  incorrect_client_credentials: [
    'GitHub does not know this client.',
    'look at GITHUB_CLIENT_ID, or give another one by --client-id',
  ],
}

function refused(answer: unknown, url: string): CliError {
  const code = failure.safeParse(answer).data?.error
  if (code === 'expired_token') return tooLate()
  const [words, nextStep] = REASONS[code ?? ''] ?? [
    `GitHub refuses: ${code ?? 'without a reason'}.`,
    `look at the app at ${url}, and at GITHUB_CLIENT_ID`,
  ]
  return new CliError(words, { nextStep })
}

function tooLate(): CliError {
  return new CliError('The code has expired: nobody has approved it in time.', {
    nextStep: 'gateway github login',
  })
}
