/** The control socket of a running gateway: HTTP and JSON for the `gateway` command. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from '../../lib/platform/node-http.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import type { CliError } from '../cli-error.ts'
import type { GatewayStatus } from './status.ts'

export interface Control {
  status(): GatewayStatus
  stop(): void
  /** Everything ends and begins anew in this process, once it is answered. @throws Error in words: then nothing ends. */
  restart(): Promise<void>
  /**
   * The processes of one part anew.
   * @returns their names; none where there is no such part.
   * @throws Error in words for one that does not serve again.
   */
  restartPart(name: string): Promise<readonly string[]>
}

/** The wire shape of what could not be done. */
export interface ControlFault {
  readonly error: 'not_found' | 'refused' | 'failed'
  /** For a person. */
  readonly message?: string
  readonly next_step?: string
}

/** Resolves once it answers. A socket that nobody answers on is replaced. */
export async function serveControl(path: string, control: Control): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, control)
      .catch(failed)
      .then(([status, body]) => reply(response, status, body))
  })
  await listenOnSocket(server, path)
  return server
}

type Answer = readonly [status: number, body: object]

async function answer(request: IncomingMessage, control: Control): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const what = `${request.method} ${pathname}`
  const part = searchParams.get('part')
  if (what === 'GET /status') return [200, control.status()]
  if (what === 'POST /stop') {
    control.stop()
    return [202, { stopping: true }]
  }
  if (what !== 'POST /restart') return notFound()
  return await orRefused(() => (part === null ? restartAll(control) : restartOne(control, part)))
}

async function restartAll(control: Control): Promise<Answer> {
  await control.restart()
  return [202, { restarting: true }]
}

async function restartOne(control: Control, part: string): Promise<Answer> {
  const restarted = await control.restartPart(part)
  return restarted.length === 0 ? notFound() : [200, { restarted }]
}

function notFound(): Answer {
  return [404, { error: 'not_found' } satisfies ControlFault]
}

/** A fault of this program: whoever asks is told all the same. */
function failed(error: unknown): Answer {
  return [500, { error: 'failed', message: (error as Error).message } satisfies ControlFault]
}

async function orRefused(action: () => Promise<Answer>): Promise<Answer> {
  try {
    return await action()
  } catch (error) {
    const { message, nextStep } = error as Error & Pick<CliError, 'nextStep'>
    const next = nextStep === undefined ? {} : { next_step: nextStep }
    return [409, { error: 'refused', message, ...next } satisfies ControlFault]
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}
