/**
 * Requests at a constant rate while something breaks: each is sent when its time has come, whatever became of
 * those before, and what it met is kept with its times.
 */

import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Question {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly kind: string
  /** Milliseconds of `performance.now()`. */
  readonly sentAt: number
  readonly tookMs: number
  /** 0 when the connection ended without an answer. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

export interface LoadOptions {
  readonly port: number
  readonly everyMs: number
  /** By kind; each round sends one of each. A function makes each of its questions anew. */
  readonly questions: Readonly<Record<string, Question | (() => Question)>>
}

export interface Load {
  readonly answers: readonly Answer[]
  of(kind: string, since?: number): Answer[]
  /** Resolves once `count` answers of this kind in a row, all sent after this call, are as wanted. */
  until(kind: string, isWanted: (answer: Answer) => boolean, count?: number): Promise<void>
  /** Sends nothing more, and waits for the answers to come. */
  stop(): Promise<void>
}

/** A gateway that answers nothing must not make us open connections without end. */
const OPEN_MAX = 400
const UNTIL_MS_MAX = 60_000

export function startLoad({ port, everyMs, questions }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN_MAX, maxFreeSockets: OPEN_MAX })
  const answers: Answer[] = []
  const open = new Set<Promise<void>>()
  const send = (kind: string, question: Question): void => {
    const asking = ask(port, agent, kind, question).then((answer) => void answers.push(answer))
    open.add(asking)
    void asking.then(() => open.delete(asking))
  }
  const timer = setInterval(() => {
    if (open.size >= OPEN_MAX) return
    for (const [kind, question] of Object.entries(questions)) {
      send(kind, typeof question === 'function' ? question() : question)
    }
  }, everyMs)
  const of: Load['of'] = (kind, since = 0) =>
    answers.filter((answer) => answer.kind === kind && answer.sentAt >= since)
  return {
    answers,
    of,
    async until(kind, isWanted, count = 20) {
      const since = performance.now()
      while (performance.now() - since < UNTIL_MS_MAX) {
        const last = of(kind, since).slice(-count)
        if (last.length === count && last.every(isWanted)) return
        await sleep(20)
      }
      const seen = of(kind, since).map(({ status }) => status)
      throw new Error(`not so after ${UNTIL_MS_MAX} ms: ${kind} met ${seen.slice(-count)}`)
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}

/** Resolves always. */
function ask(port: number, agent: Agent, kind: string, question: Question): Promise<Answer> {
  const { method = 'POST', path, headers = {}, body } = question
  const sentAt = performance.now()
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const finish = (status: number, received: IncomingHttpHeaders): void =>
    resolve({ kind, sentAt, tookMs: performance.now() - sentAt, status, headers: received })
  const asking = request(
    {
      host: '127.0.0.1',
      port,
      agent,
      method,
      path,
      headers: { host: `localhost:${port}`, ...headers },
    },
    (answer) => {
      answer.resume()
      answer.on('end', () => finish(answer.statusCode ?? 0, answer.headers))
      answer.on('error', () => finish(0, {}))
    },
  )
  asking.on('error', () => finish(0, {}))
  asking.end(body)
  return promise
}
