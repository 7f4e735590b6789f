/** `errors.md`: every message with its cause and its cure, out of the tables and the throws of the code. */

import { commandLineTable } from './errors/command-line.ts'
import { edgeTables } from './errors/edge.ts'
import { jsonRpcTables } from './errors/json-rpc.ts'
import { oauthTables } from './errors/oauth.ts'
import { pagesTable, providersTable } from './errors/people.ts'
import { GENERATED, page } from './markdown.ts'

export function errorsPage(): string {
  return page(
    GENERATED,
    '# Errors',
    INTRODUCTION,
    '## At the edge',
    ...edgeTables(),
    '## From the authorization server',
    OAUTH,
    ...oauthTables(),
    '## On pages',
    PAGES,
    pagesTable(),
    '## At a login provider',
    PROVIDERS,
    providersTable(),
    '## From the bridge',
    BRIDGE,
    ...jsonRpcTables(),
    '## On the command line',
    COMMAND_LINE,
    commandLineTable(),
    '## In the configuration',
    CONFIGURATION,
  )
}

const INTRODUCTION = `What is said, why, and what helps. \`‹name›\` stands for something of the moment, \`…\` for a list or a reason of the system.

Every answer to a request that leads somewhere has an \`x-request-id\`: \`gateway logs --request ID\` shows what each part did, [and so
on](debugging.md). What is said to callers is short on purpose; what exactly failed is in the log.`

const OAUTH = `\`{"error", "error_description"}\` at endpoints, the same as parameters of the redirect once that is proven, and a page where a
person would see it. Most come with the first status, some places say more by another. The log has a \`detail\` beside most.`

const PAGES = `Each page also has the technical words, under _Technical details_. They are in English and German, as the browser asks.`

const PROVIDERS = `The person is brought back to the page that they left, and nothing is used up.`

const BRIDGE = `JSON-RPC errors that the gateway makes itself; a server’s own pass as they are. A call that has begun is answered with 200 and an error;
what is refused before has the status that is named.`

const COMMAND_LINE = `The message, and after \`→\` what to do next. With \`--json\` both stand in \`{"error": {"message", "next_step"}}\` on stderr.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no gateway is running.`

const CONFIGURATION = `\`invalid configuration:\` and a line for each fault, all at once: the variable or the place in the file, what it must be, and what it
is. Nothing was started, or while the gateway runs: nothing was changed. [Configuration](configuration.md) lists what each takes.`
