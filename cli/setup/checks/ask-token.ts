/**
 * Asks a provider's token endpoint for what it must refuse: how it refuses tells whether it knows the client.
 *
 * A code that nobody gave is wrong only to a provider that has accepted client and secret (RFC 6749 section 5.2).
 */

const DEADLINE_MS = 10_000
const BYTES_MAX = 65_536

export interface TokenAnswer {
  readonly status: number
  /** The member `error`, or undefined for what is no such answer. */
  readonly error: string | undefined
}

/** It stands for a code that no provider ever gave. */
export const WRONG_CODE = 'gateway-setup-asks-whether-the-client-is-known'

export interface TokenQuestion {
  readonly url: string
  readonly form: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws when it cannot be reached. */
export async function askToken({ url, form, headers = {} }: TokenQuestion): Promise<TokenAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'user-agent': 'mcp-oauth-gateway', ...headers },
    body: new URLSearchParams(form),
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  const body = parseObject(await readText(response))
  const { error } = body
  return { status: response.status, error: typeof error === 'string' ? error : undefined }
}

export async function readObject(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json', 'user-agent': 'mcp-oauth-gateway' },
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  if (!response.ok) throw new Error(`it answered with status ${response.status}`)
  return parseObject(await readText(response))
}

/** Why somebody could not be asked, in a few words. */
export function describeFailure(error: unknown): string {
  const { cause, name, message } = error as Error & { readonly cause?: unknown }
  if (name === 'TimeoutError') return 'it did not answer in time'
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return code ?? message
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > BYTES_MAX) throw new Error('its answer was too long')
  }
  return text
}
