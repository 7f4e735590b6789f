/** `gateway connect`: an MCP server on stdin and stdout, for clients that know nothing else. */

import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { Command } from 'commander'
import type { CommandMaker, Context } from '../context.ts'
import { createAskPerson } from '../mcp/bridge/ask-person.ts'
import { openBridge } from '../mcp/bridge/bridge.ts'
import { openLines } from '../mcp/bridge/lines.ts'
import { loginHost } from '../mcp/oauth/login-host.ts'
import { createTokenSource } from '../mcp/oauth/tokens.ts'
import { createLegacyTransport, createTransport } from '../mcp/session/transport.ts'
import { openLoginStore } from '../mcp/store/login-store.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'

/** A server that is started anew comes back within these; the client on the pipe waits meanwhile. */
const RECONNECTION = {
  initialReconnectionDelay: 500,
  reconnectionDelayGrowFactor: 1.5,
  maxReconnectionDelay: 15_000,
  maxRetries: 30,
}

const NOTES = `
In a client's configuration (\`gateway export-config URL claude-desktop --write\` writes it):
  { "command": "gateway", "args": ["connect", "https://mcp.example.com/mcp"] }

Without a login the browser opens by itself at the first message; with --no-login the client is told instead.
Only messages of the protocol are written to stdout, everything else to stderr.
`

export const connectCommand: CommandMaker = (context) =>
  new Command('connect')
    .description('Be an MCP server on stdin and stdout that passes everything on to one elsewhere.')
    .argument('<url>', TARGET_WORDS)
    .option('--no-login', 'never open a browser')
    .addHelpText('after', NOTES)
    .action(async (given: string, { login }: { readonly login: boolean }) => {
      await connect(context(), await resolveTarget(context(), given), login)
    })

async function connect(context: Context, url: string, mayAsk: boolean): Promise<void> {
  const { environment, stdin, output, clock } = context
  const { stdout } = output
  const store = openLoginStore(environment, url)
  const lines = openLines(stdin, stdout)
  const leaving = watchLeaving(stdout)
  const host = loginHost(context, NOBODY_TYPES, leaving.signal)
  const person = createAskPerson(host, store, url, mayAsk)
  const tokens = createTokenSource(store, clock)
  const transport = { logIn: person.logIn }
  const bridge = await openBridge({
    createTransport: () =>
      createTransport(url, tokens, { ...transport, reconnection: RECONNECTION }),
    createLegacyTransport: () => createLegacyTransport(url, tokens, transport),
    write: lines.write,
    note: output.note,
    explaining: () => ({ url, scope: store.read()?.tokens?.scope }),
    getMoreScope: person.getMoreScope,
  })
  await Promise.race([passOn(lines.messages(), bridge, output.note), once(leaving.signal, 'abort')])
  stdin.destroy()
  // A login that waits for a person would keep this process alive.
  leaving.abort()
  await bridge.close()
}

/** Messages are on the way side by side; at the end of the pipe their answers are waited for. */
async function passOn(
  messages: AsyncIterable<JSONRPCMessage>,
  bridge: Awaited<ReturnType<typeof openBridge>>,
  note: (text: string) => void,
): Promise<void> {
  for await (const message of messages) {
    bridge.receive(message).catch((error: unknown) => note(String(error)))
  }
  await bridge.settled()
}

/** Stdin belongs to the protocol. */
const NOBODY_TYPES = {
  asker(): never {
    throw new Error('nobody can be asked: stdin carries messages')
  },
}

/** Aborted when the client ends us, or has gone. */
function watchLeaving(stdout: Writable): AbortController {
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, leave)
  stdout.once('error', leave)
  return leaving
}
