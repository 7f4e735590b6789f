/** One conversation with an MCP server, of whichever era it is, with the person of this terminal behind it. */

import { Client, ProtocolError, ProtocolErrorCode, SseError } from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { SOFTWARE } from '../http.ts'
import { createTokenSource, type TokenSource } from '../oauth/tokens.ts'
import { openLoginStore } from '../store/login-store.ts'
import { answerElicitation } from './elicitation.ts'
import { explainSession } from './explain.ts'
import { farewell } from './farewell.ts'
import { endSession, type HttpTransport, knowsNoStreamableHttp } from './legacy.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { createLegacyTransport, createTransport } from './transport.ts'

export interface Session {
  readonly client: Client
  /** Ends when the person leaves (Ctrl-C): what was asked for is cancelled at the server. */
  readonly signal: AbortSignal
}

/** @throws CliError for whatever the server, the way to it or the login has against it. */
export async function withSession<T>(
  context: Context,
  url: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const store = openLoginStore(context.environment, url)
  const tokens = createTokenSource(store, context.clock)
  const terminal = openTerminal(context)
  const leaving = new AbortController()
  const leave = (): void => leaving.abort(new Error('interrupted'))
  process.once('SIGINT', leave)
  const { signal } = leaving
  const makeClient = (): Client => createClient(context, url, terminal)
  let connected: Connected | undefined
  try {
    connected = await connect(makeClient, { url, tokens, signal })
    return await work({ client: connected.client, signal })
  } catch (error) {
    if (leaving.signal.aborted) throw new CliError('Interrupted: the server was told.')
    throw explainSession(error, { url, scope: store.read()?.tokens?.scope })
  } finally {
    process.removeListener('SIGINT', leave)
    terminal.close()
    if (connected !== undefined) await leaveServer(connected)
  }
}

interface Connected {
  readonly client: Client
  readonly transport: HttpTransport
}

interface Connecting {
  readonly url: string
  readonly tokens: TokenSource
  readonly signal: AbortSignal
}

/** By the transport that the server knows. */
async function connect(
  makeClient: () => Client,
  { url, tokens, signal }: Connecting,
): Promise<Connected> {
  const attempt = async (transport: HttpTransport): Promise<Connected> => {
    const connected = { client: makeClient(), transport }
    // The SDK minds the signal only once a transport has started.
    const leave = (): void => void transport.close()
    signal.addEventListener('abort', leave, { once: true })
    try {
      signal.throwIfAborted()
      await connected.client.connect(transport, { signal })
      signal.removeEventListener('abort', leave)
      return connected
    } catch (error) {
      signal.removeEventListener('abort', leave)
      await leaveServer(connected)
      throw error
    }
  }
  try {
    return await attempt(createTransport(url, tokens))
  } catch (error) {
    if (!knowsNoStreamableHttp(error)) throw error
    return await attempt(createLegacyTransport(url, tokens)).catch((other: unknown) => {
      // Neither is what it speaks: the newer refusal says more. What is wrong with a login is said as it is.
      throw other instanceof SseError ? error : other
    })
  }
}

async function leaveServer({ client, transport }: Connected): Promise<void> {
  await farewell(() => endSession(transport))
  await client.close()
}

function createClient(context: Context, url: string, terminal: Terminal): Client {
  const client = new Client(SOFTWARE, {
    versionNegotiation: { mode: 'auto' },
    capabilities: { elicitation: { form: {}, url: {} } },
  })
  const { host } = new URL(url)
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    try {
      return await answerElicitation(params, terminal.asker(), host)
    } catch (error) {
      // Nobody is there, or they left: the server is told so, and goes on.
      context.output.note(`Not answered: ${(error as Error).message}`)
      return { action: 'cancel' as const }
    }
  })
  client.fallbackRequestHandler = ({ method }) => {
    context.output.note(`Refused: ${host} asks for ${method}, and this is a command line.`)
    const words = `${method}: this client is a command line, without a model and without roots`
    return Promise.reject(new ProtocolError(ProtocolErrorCode.MethodNotFound, words))
  }
  return client
}
