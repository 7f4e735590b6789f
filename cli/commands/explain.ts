/** `gateway explain`: what the edge would decide about a token at an address, step by step. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { NUMBERED_SOCKET_NAMES, PROCESSES_MAX } from '../../lib/platform/unix-socket.ts'
import { CliError } from '../cli-error.ts'
import { socketAt } from '../compose/places.ts'
import type { CommandMaker, Context } from '../context.ts'
import { askContainer } from '../instance/ask-container.ts'
import { askSocket, type SocketAnswer } from '../instance/ask-socket.ts'
import { type FoundGateway, requireRunning } from '../instance/find-running.ts'
import { readToken, TOKEN_VARIABLE } from '../instance/read-token.ts'
import { toTable } from '../output.ts'

interface ExplainOptions {
  readonly url: string
  readonly token?: string
  readonly method?: string
  readonly origin?: string
}

interface Explanation {
  readonly steps: readonly {
    readonly step: string
    readonly outcome: 'passed' | 'failed' | 'skipped'
    readonly detail: string
  }[]
  readonly decision: { readonly allow: boolean; readonly status: number; readonly reason: string }
}

const NOTES = `
Arguments of a program are visible to everybody on the machine, and the shell remembers them:
  $ gateway explain --url URL --token - < file
  $ ${TOKEN_VARIABLE}=… gateway explain --url URL

Exit codes: 0 let in, 1 refused or failed, 2 wrong usage, 3 no gateway is running.
`

export const explainCommand: CommandMaker = (context) =>
  new Command('explain')
    .description('Show step by step why a token is let in at an address, or is not.')
    .requiredOption('--url <url>', 'the address of the MCP server', parseUrl)
    .option('--token <token>', `the access token; - reads it from stdin, else ${TOKEN_VARIABLE}`)
    .option('--method <method>', 'the HTTP method of the request')
    .option('--origin <origin>', 'the web page that sends it')
    .addHelpText('after', NOTES)
    .action((options: ExplainOptions) => explain(context(), options))

async function explain(context: Context, options: ExplainOptions): Promise<void> {
  const { output } = context
  const running = await requireRunning(context)
  const token = await readToken(context, options.token)
  const { url, method, origin } = options
  const question = JSON.stringify({ token, url, method, origin })
  const explanation = readAnswer(await ask(context, running, question))
  const { allow, status, reason } = explanation.decision
  output.result(explanation, () => [
    ...toTable(explanation.steps.map(({ step, outcome, detail }) => [outcome, step, detail])),
    ...(allow ? ['', `Let in: ${reason}.`] : []),
  ])
  if (!allow) throw new CliError(`Refused with ${status}: ${reason}.`, nextStepFor(token, status))
}

async function ask(
  context: Context,
  running: FoundGateway,
  question: string,
): Promise<SocketAnswer> {
  if (running.kind === 'embedded')
    return await askAny(dirname(running.running.socketPath), question)
  const socket = socketAt(NUMBERED_SOCKET_NAMES.extAuthzAdmin(1))
  try {
    return await askContainer(context, 'ext-authz', socket, ['POST', '/explain', question])
  } catch (cause) {
    throw unanswered(cause)
  }
}

/** Of whom of its processes does not matter: they decide alike. */
async function askAny(folder: string, question: string): Promise<SocketAnswer> {
  let cause: unknown
  for (let number = 1; number <= PROCESSES_MAX; number += 1) {
    const socketPath = join(folder, NUMBERED_SOCKET_NAMES.extAuthzAdmin(number))
    if (!existsSync(socketPath)) continue
    try {
      return await askSocket(socketPath, 'POST', '/explain', question)
    } catch (error) {
      cause = error
    }
  }
  throw unanswered(cause)
}

function unanswered(cause: unknown): CliError {
  return new CliError('No process of ext-authz answers.', {
    nextStep: 'gateway status, then gateway logs ext-authz',
    cause,
  })
}

function readAnswer({ status, body }: SocketAnswer): Explanation {
  const answer = JSON.parse(body) as Explanation & { error_description?: string }
  if (status === 200) return answer
  throw new CliError(`ext-authz does not understand the question: ${answer.error_description}`)
}

function nextStepFor(token: string | undefined, status: number): { nextStep?: string } {
  if ([400, 404, 421].includes(status)) return { nextStep: 'gateway status shows the addresses' }
  if (status === 503) return { nextStep: 'gateway logs ext-authz' }
  if (token !== undefined) return {}
  return {
    nextStep: `hand the token over: --token - reads it from stdin, or set ${TOKEN_VARIABLE}`,
  }
}

function parseUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new InvalidArgumentError('It must be a URL, e.g. http://localhost:8642/echo/mcp.')
}
