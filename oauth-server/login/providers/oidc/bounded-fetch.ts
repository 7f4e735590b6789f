/**
 * The one way to a provider's own endpoints: over TLS (plain HTTP to this machine alone), without
 * redirects, within one deadline, and no answer longer than anybody needs.
 */

import type { CustomFetch } from 'openid-client'
import { isLoopbackHost } from '../../../../lib/catalogue/addresses.ts'
import { ProviderError } from '../provider.ts'

const BYTES_MAX = 1_048_576

/** @param deadline covers everything that is asked through it, bodies included. */
export function createBoundedFetch(provider: string, deadline: AbortSignal): CustomFetch {
  const unavailable = (detail: string): ProviderError =>
    new ProviderError(provider, 'unavailable', detail)
  return async (url, { method, headers, body }) => {
    requireSafeUrl(provider, new URL(url))
    try {
      const response = await fetch(url, {
        method,
        headers,
        body: body as RequestInit['body'] & {},
        redirect: 'manual',
        signal: deadline,
      })
      const bytes = await readBody(response)
      if (bytes === undefined) throw unavailable('an answer was too long')
      const { status, statusText } = response
      const init = { status, statusText, headers: response.headers }
      return new Response(bytes.length === 0 ? null : bytes, init)
    } catch (error) {
      if (error instanceof ProviderError) throw error
      throw unavailable(deadline.aborted ? 'it did not answer in time' : describe(error))
    }
  }
}

/** @throws ProviderError `misconfigured`. */
export function requireSafeUrl(provider: string, { protocol, hostname }: URL): void {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) return
  throw new ProviderError(
    provider,
    'misconfigured',
    `one of its endpoints is not https: ${hostname}`,
  )
}

/** A POST is sent once; asked again, the same answer is given again, to be checked against newer keys. */
export function postOnce(ask: CustomFetch): CustomFetch {
  let answer: Promise<Response> | undefined
  return async (url, options) => {
    if (options.method !== 'POST') return await ask(url, options)
    answer ??= ask(url, options)
    return (await answer).clone()
  }
}

/** Undefined: there is more than the bound. */
async function readBody(response: Response): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The system's word for what happened: messages may hold addresses with more in them than a log should. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = (cause as { code?: unknown } | undefined)?.code
  return `no connection (${typeof code === 'string' ? code : 'unknown'})`
}
