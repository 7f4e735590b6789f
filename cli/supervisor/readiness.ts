/** Does it serve yet: one question for each kind of part, answered by yes or no, never by waiting. */

import { type RequestOptions, request as requestOverTls } from 'node:https'
import { connect } from 'node:net'
import { request } from '../../lib/platform/node-http.ts'

const ANSWER_MS_MAX = 1000

/** The status of an HTTP answer, or undefined when none came. */
export function askHttp({
  secure = false,
  ...options
}: RequestOptions & { secure?: boolean }): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const send = secure ? requestOverTls : request
  // Whether it serves is the question; whose certificate it has, a client will judge.
  const asking = send({ ...options, agent: false, rejectUnauthorized: false }, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  asking.setTimeout(ANSWER_MS_MAX, () => asking.destroy(new Error('no answer in time')))
  asking.on('error', () => resolve(undefined))
  asking.end()
  return promise
}

/** A room that speaks HTTP on its socket. */
export async function answersHealth(socketPath: string): Promise<boolean> {
  return (await askHttp({ socketPath, path: '/healthz', headers: { host: 'localhost' } })) === 200
}

export async function accepts(target: { path: string }): Promise<boolean> {
  return (await converse(target, '', () => true)) === true
}

/** Whether a store says anything, if only that it wants the password. */
export async function answersAtAll(socketPath: string): Promise<boolean> {
  const heard = (text: string): true | undefined => text.includes('\r\n') || undefined
  return (await converse({ path: socketPath }, toCommand('PING'), heard)) === true
}

/** PING with the password; a store that still loads answers with an error. */
export async function answersPing(socketPath: string, password: string): Promise<boolean> {
  const question = toCommand('AUTH', password) + toCommand('PING')
  const answered = await converse({ path: socketPath }, question, (text) =>
    text.includes('\r\n-') || text.startsWith('-') ? false : text.includes('+PONG') || undefined,
  )
  return answered === true
}

/** In RESP. */
function toCommand(...words: readonly string[]): string {
  const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return `*${words.length}\r\n${bulk.join('')}`
}

/** Connects, sends, and reads until `judge` has an answer; false when the peer goes or is silent. */
function converse(
  target: { path: string },
  question: string,
  judge: (text: string) => boolean | undefined,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(target)
  let text = ''
  const consider = (): void => {
    const answer = judge(text)
    if (answer === undefined) return
    resolve(answer)
    socket.destroy()
  }
  socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy())
  socket.on('connect', () => {
    if (question === '') consider()
    else socket.write(question)
  })
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    consider()
  })
  socket.on('error', () => resolve(false))
  socket.on('close', () => resolve(false))
  return promise
}
