/** One conversation with an MCP server, of whichever era it is, with the person of this terminal behind it. */

import { Client, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { SOFTWARE } from '../http.ts'
import { createTokenSource } from '../oauth/tokens.ts'
import { openLoginStore } from '../store/login-store.ts'
import { answerElicitation } from './elicitation.ts'
import { explainSession } from './explain.ts'
import { farewell } from './farewell.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { createTransport } from './transport.ts'

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
  const transport = createTransport(url, createTokenSource(store, context.clock))
  const terminal = openTerminal(context)
  const client = createClient(context, url, terminal)
  const leaving = new AbortController()
  const leave = (): void => leaving.abort(new Error('interrupted'))
  process.once('SIGINT', leave)
  try {
    await client.connect(transport)
    return await work({ client, signal: leaving.signal })
  } catch (error) {
    if (leaving.signal.aborted) throw new CliError('Interrupted: the server was told.')
    throw explainSession(error, { url, scope: store.read()?.tokens?.scope })
  } finally {
    process.removeListener('SIGINT', leave)
    terminal.close()
    await farewell(() => transport.terminateSession())
    await client.close()
  }
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
