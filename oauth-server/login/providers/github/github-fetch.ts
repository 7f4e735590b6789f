/**
 * Requests to a GitHub, each bounded: no redirects, one deadline over all of a login, bodies counted
 * while they are read, JSON or nothing.
 */

import { ProviderError } from '../provider.ts'

export interface GitHubAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed; undefined for what is no JSON. */
  readonly body: unknown
}

/** Asks within the deadline of the login it belongs to. @throws ProviderError `unavailable`. */
export type AskGitHub = (url: string, init?: RequestInit) => Promise<GitHubAnswer>

const BODY_BYTES_MAX = 1024 * 1024
/** GitHub answers nobody who does not say who they are. */
const USER_AGENT = 'mcp-oauth-gateway'

/** @param provider its name, for errors. */
export function createAskGitHub(provider: string, deadlineMs: number): AskGitHub {
  const signal = AbortSignal.timeout(deadlineMs)
  return async (url, init = {}) => {
    const { pathname } = new URL(url)
    try {
      const response = await fetch(url, {
        ...init,
        headers: { 'User-Agent': USER_AGENT, ...init.headers },
        redirect: 'manual',
        signal,
      })
      const text = await readBounded(response)
      return { status: response.status, headers: response.headers, body: parse(text) }
    } catch (error) {
      // What fetch says of a failure may quote what was sent: only its kind is told.
      throw new ProviderError(provider, 'unavailable', `${pathname}: ${kindOf(error, signal)}`)
    }
  }
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new RangeError('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A page of HTML, most often: whoever asked tells by what is missing.
    return undefined
  }
}

function kindOf(error: unknown, { aborted }: AbortSignal): string {
  if (aborted) return 'no answer in time'
  if (error instanceof RangeError) return error.message
  const code = error instanceof Error ? (error.cause as { code?: unknown } | undefined)?.code : ''
  return typeof code === 'string' && code !== '' ? `no connection (${code})` : 'no connection'
}
