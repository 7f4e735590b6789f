/** `gateway call`: calls a tool of an MCP server. */

import type { CallToolResult } from '@modelcontextprotocol/client'
import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { type InputSchema, type ToolArguments, toToolArguments } from '../mcp/call/arguments.ts'
import { describeBlock, payloadsOf, savePayloads, shown } from '../mcp/call/content.ts'
import { readObject } from '../mcp/call/read-object.ts'
import { timeoutOption } from '../mcp/call/timeout-option.ts'
import { type Session, withSession } from '../mcp/session/open-session.ts'
import { showProgress } from '../mcp/session/progress.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'
import { toJsonText } from '../output.ts'

interface CallOptions {
  readonly jsonArguments?: string
  readonly output?: string
  readonly timeout: number
}

const NOTES = `
Types come from the tool's own description (\`gateway tools list URL\`); key:=JSON says them itself.
  $ gateway call echo echo message=hello
  $ gateway call URL add a=1 b=2.5 tags=red tags=blue options:='{"fast":true}'
  $ gateway call URL draw --json-arguments - --output picture.png < arguments.json

What the tool asks back is asked in the terminal. Progress is shown on stderr. Ctrl-C cancels.
Exit codes: 0 done, 1 the tool or the way to it failed, 2 wrong usage.
`

export const callCommand: CommandMaker = (context) =>
  new Command('call')
    .description('Call a tool of an MCP server.')
    .argument('<url>', TARGET_WORDS)
    .argument('<tool>', 'its name')
    .argument('[arguments...]', 'key=value, key:=JSON; a list has its key several times')
    .option('--json-arguments <json>', 'all of them as one object; - reads it from stdin')
    .option('--output <file>', 'save images, sounds and files; without any, the text')
    .addOption(timeoutOption())
    .addHelpText('after', NOTES)
    .action(
      async (given: string, name: string, written: readonly string[], options: CallOptions) => {
        const url = await resolveTarget(context(), given)
        const object = await readObject(context(), options.jsonArguments)
        const result = await withSession(context(), url, (session) =>
          call(context(), session, { name, written, object, timeout: options.timeout }),
        )
        report(context(), result, options.output)
      },
    )

interface Calling {
  readonly name: string
  readonly written: readonly string[]
  readonly object: ToolArguments
  readonly timeout: number
}

async function call(
  { output }: Context,
  { client, signal }: Session,
  { name, written, object, timeout }: Calling,
): Promise<CallToolResult> {
  const { tools } = await client.listTools(undefined, { signal })
  const tool = tools.find((one) => one.name === name)
  if (tool === undefined) {
    const names = tools.map((one) => one.name).join(', ')
    throw new CliError(`There is no tool ${name}.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: names === '' ? 'the server has none' : `there are: ${names}`,
    })
  }
  const args = toToolArguments(tool.inputSchema as InputSchema, written, object)
  return await client.callTool(
    { name, arguments: args },
    { signal, timeout, resetTimeoutOnProgress: true, onprogress: showProgress(output) },
  )
}

function report({ output }: Context, result: CallToolResult, path: string | undefined): void {
  const failed = result.isError === true
  const saved = path === undefined || failed ? [] : savePayloads(payloadsOf(result.content), path)
  if (failed && !output.json) throw new CliError(textOf(result, false))
  output.result({ ...result, saved }, () =>
    saved.length > 0
      ? saved.map((place) => `Saved ${place}.`)
      : [textOf(result, output.stdout.isTTY === true)].filter((text) => text !== ''),
  )
  if (failed) throw new CliError('The tool says that it failed.')
}

/** What is there for programs alone is shown when nothing else is. */
function textOf({ content, structuredContent }: CallToolResult, isTerminal: boolean): string {
  const text = content.map(describeBlock).join('\n')
  if (text !== '' || structuredContent === undefined) return shown(text, isTerminal)
  return toJsonText(structuredContent)
}
