/** One HTTP request to a socket of the running gateway, with a bound on its time. */

import { request } from '../../lib/platform/node-http.ts'

/** Somebody who listens is there, however busy the machine is: one that is gone refuses at once. */
const ANSWER_MS_MAX = 10_000

export interface SocketAnswer {
  readonly status: number
  readonly body: string
}

/** @throws Error when nobody listens there, or there is no answer in time. */
export function askSocket(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
  withinMs = ANSWER_MS_MAX,
): Promise<SocketAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>()
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const asking = request({ socketPath, method, path, headers, agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    response.on('error', reject)
  })
  asking.setTimeout(withinMs, () => asking.destroy(new Error('no answer in time')))
  asking.on('error', reject)
  asking.end(body)
  return promise
}
