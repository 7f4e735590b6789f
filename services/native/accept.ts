/** The SDK's transport refuses lenient `Accept` headers; the gateway serves such clients. */

import type { IncomingMessage } from 'node:http'

/** Whether a client can read a stream: it says so, says anything, or says nothing. */
export function acceptsStream({ headers }: IncomingMessage): boolean {
  const { accept = '' } = headers
  return accept === '' || /text\/event-stream|\*\/\*|text\/\*/.test(accept)
}

/** Whether a client can read JSON: as above. */
export function acceptsJson({ headers }: IncomingMessage): boolean {
  const { accept = '' } = headers
  return accept === '' || /application\/json|\*\/\*|application\/\*/.test(accept)
}

/** Lets the request say what the transport wants to hear; it reads both forms of the headers. */
export function acceptBoth(request: IncomingMessage): void {
  const accept = 'application/json, text/event-stream'
  const { headers, rawHeaders } = request
  headers.accept = accept
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]?.toLowerCase() === 'accept') rawHeaders.splice(index, 2)
  }
  rawHeaders.push('Accept', accept)
}
