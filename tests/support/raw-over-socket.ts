/** A request to the bridge with exactly the headers given: `fetch` and its like add some of their own. */

import { request } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import type { Bridge } from './bridge.ts'

export async function rawOverSocket(
  { socket, headers }: Pick<Bridge, 'socket' | 'headers'>,
  path: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
  method = 'POST',
): Promise<{ status: number | undefined; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined
    body: string
  }>()
  const text = JSON.stringify(body)
  request({
    socketPath: socket,
    method,
    path,
    headers: { ...headers(), ...more, 'content-length': Buffer.byteLength(text) },
    agent: false,
  })
    .on('response', (answer) => {
      const { statusCode: status } = answer
      if (method === 'GET') {
        // A stream has no end.
        resolve({ status, body: '' })
        answer.destroy()
      } else readText(answer).then((got) => resolve({ status, body: got }), reject)
    })
    .on('error', reject)
    .end(text)
  return await promise
}
