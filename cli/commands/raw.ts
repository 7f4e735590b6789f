/** `gateway raw`: one request of the protocol as it is written, and the answer as it comes. */

import { Command } from 'commander'
import { z } from 'zod'
import type { CommandMaker } from '../context.ts'
import { readObject } from '../mcp/call/read-object.ts'
import { timeoutOption } from '../mcp/call/timeout-option.ts'
import { withSession } from '../mcp/session/open-session.ts'
import { showProgress } from '../mcp/session/progress.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'
import { toJsonText } from '../output.ts'

const NOTES = `
The handshake is made before; the answer is printed as JSON, and an error of the server is exit code 1.
  $ gateway raw echo tools/list
  $ gateway raw URL tools/call '{"name":"echo","arguments":{"message":"hello"}}'
  $ gateway raw URL resources/read - < params.json
`

export const rawCommand: CommandMaker = (context) =>
  new Command('raw')
    .description('Send one request to an MCP server and print the result.')
    .argument('<url>', TARGET_WORDS)
    .argument('<method>', 'as the protocol names it')
    .argument('[params]', 'a JSON object; - reads it from stdin')
    .addOption(timeoutOption())
    .addHelpText('after', NOTES)
    .action(
      async (
        given: string,
        method: string,
        params: string | undefined,
        { timeout }: { readonly timeout: number },
      ) => {
        const { output } = context()
        const url = await resolveTarget(context(), given)
        const request = { method, params: await readObject(context(), params) }
        const result = await withSession(context(), url, ({ client, signal }) =>
          client.request(request, z.looseObject({}), {
            signal,
            timeout,
            resetTimeoutOnProgress: true,
            onprogress: showProgress(output),
          }),
        )
        output.result(result, () => [toJsonText(result)])
      },
    )
