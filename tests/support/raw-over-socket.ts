/** A POST to the bridge with exactly the headers given: `fetch` and its like add some of their own. */

import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Bridge } from './bridge.ts'

export async function rawOverSocket(
  { socket, headers }: Pick<Bridge, 'socket' | 'headers'>,
  path: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number | undefined; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined
    body: string
  }>()
  request({
    socketPath: socket,
    method: 'POST',
    path,
    headers: { ...headers(), ...more },
    agent: false,
  })
    .on('response', (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject)
    })
    .on('error', reject)
    .end(JSON.stringify(body))
  return await promise
}
