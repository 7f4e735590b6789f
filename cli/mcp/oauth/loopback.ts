/** The redirect target on this machine (RFC 8252 section 7.3): waits for one answer of the authorization server. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '../../../lib/platform/node-http.ts'
import { CliError } from '../../cli-error.ts'

const DEFAULT_PATH = '/callback'

export interface Loopback {
  readonly redirectUri: string
  /** The parameters of the first answer with this `state`; others are none of ours. @throws CliError when aborted. */
  answer(state: string, signal: AbortSignal): Promise<URLSearchParams>
  close(): void
}

/** @param wanted the port to have; undefined is any. @returns undefined when that one is taken. */
export async function openLoopback(
  wanted: number | undefined,
  path = DEFAULT_PATH,
): Promise<Loopback | undefined> {
  const server = createServer()
  server.listen(wanted ?? 0, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
  const { port } = server.address() as AddressInfo
  return {
    redirectUri: `http://127.0.0.1:${port}${path}`,
    answer: (state, signal) => waitForAnswer(server, path, state, signal),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function waitForAnswer(
  server: Server,
  path: string,
  state: string,
  signal: AbortSignal,
): Promise<URLSearchParams> {
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
  const giveUp = (): void => reject(givenUp(signal))
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  server.on('request', (request, response) => {
    // Whoever is on this machine may ask anything.
    const url = URL.parse(request.url ?? '/', 'http://127.0.0.1') ?? NOWHERE
    const { pathname, searchParams } = url
    const isOurs = pathname === path && searchParams.get('state') === state
    response.writeHead(isOurs ? 200 : 404, PAGE_HEADERS)
    response.end(page(isOurs, searchParams.has('error')), () => {
      if (isOurs) resolve(searchParams)
    })
  })
  return await promise
}

function givenUp({ reason }: AbortSignal): CliError {
  const isLate = (reason as Error | undefined)?.name === 'TimeoutError'
  if (!isLate) return new CliError('The login was given up: whoever wanted it has left.')
  return new CliError('Nobody came back from the login in time.', { nextStep: 'run it again' })
}

const NOWHERE = new URL('http://127.0.0.1/')

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  connection: 'close',
}

/** Nothing of the request is shown: whoever sends one could write on the page. */
function page(isOurs: boolean, isError: boolean): string {
  const text = !isOurs
    ? 'Nothing waits for this address.'
    : isError
      ? 'The login did not succeed. The terminal says why.'
      : 'Done. You may close this window and go back to the terminal.'
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>gateway login</title><p>${text}</p></html>`
}
