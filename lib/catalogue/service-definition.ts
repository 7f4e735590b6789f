/**
 * One service as people write it: the shape of an `mcp.json` entry, our additions beside it.
 *
 * The same shape serves `mcpServers` in `gateway.yaml` and `services/<name>/service.yaml`.
 */

import { z } from 'zod'
import { remoteOauthDefinition } from './remote-oauth-definition.ts'
import { toolsDefinition } from './tools-definition.ts'

/** Who shares a process: everybody, the sessions of one user, or nobody. */
export const ISOLATION = ['shared', 'user', 'session'] as const
export type Isolation = (typeof ISOLATION)[number]

/** Whether a client's roots reach the server, or the gateway answers itself: with its own, or that there are none. */
const ROOTS = ['client', 'fixed', 'deny'] as const
export type RootsPolicy = (typeof ROOTS)[number]

/** Whether a process is asked again before it has answered. */
export const CALLS = ['parallel', 'serial'] as const
export type CallOrder = (typeof CALLS)[number]

/** Whether a request relies on what the edge knows of revocations, or the store itself is asked each time. */
const REVOCATION_MODES = ['replicated', 'strict'] as const
export type RevocationMode = (typeof REVOCATION_MODES)[number]

/** What is kept of each call of a tool: that it was made, or what it was given too. */
const AUDIT = ['calls', 'arguments'] as const
export type AuditMode = (typeof AUDIT)[number]

/** How a service may be started: a definition has exactly one of them. */
export const LAUNCH_KINDS = ['command', 'npm', 'pypi', 'native', 'url'] as const

/** What a program may reach: only addresses of the public internet, through a proxy of ours. */
const EGRESS = ['public'] as const

const SPARES_MAX = 16
export const PROCESSES_PER_USER_MAX = 256
export const MESSAGE_BYTES_MAX = 256 * 1024 * 1024

/** Settings of clients that stand in an `mcp.json` and mean nothing to a gateway. */
const OF_CLIENTS = {
  alwaysAllow: z.unknown(),
  autoApprove: z.unknown(),
  disabledTools: z.unknown(),
  excludeTools: z.unknown(),
  includeTools: z.unknown(),
  icon: z.unknown(),
  timeout: z.unknown(),
  trust: z.unknown(),
}

const NPM_NAME = /^(?:@[a-z0-9~._-]+\/)?[a-z0-9~-][a-z0-9~._-]*$/
const PYPI_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const BIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/
const SCRIPT_NAME = /^[A-Za-z0-9_-]+\.py$/

const words = z.record(z.string(), z.string())

export const serviceDefinition = z
  .strictObject({
    ...OF_CLIENTS,
    command: z.string().min(1).describe('The program that speaks MCP on stdin and stdout.'),
    npm: z
      .string()
      .regex(NPM_NAME, 'must be the name of an npm package, without a version')
      .describe(
        'Instead of `command`: an npm package, started by path. Pinned by services/NAME/package-lock.json, or a dependency of this project.',
      ),
    pypi: z
      .string()
      .regex(PYPI_NAME, 'must be the name of a Python package, without a version')
      .describe(
        'Instead of `command`: a Python package, started by path. Pinned with hashes by services/NAME/requirements.txt.',
      ),
    bin: z
      .string()
      .regex(BIN_NAME, 'must be a plain name')
      .describe('What the program of the package is called. Default: as the package.'),
    script: z
      .string()
      .regex(SCRIPT_NAME, 'must be the name of a Python file beside the definition')
      .describe(
        'Run in the place of the program of a `pypi` package, by the Python that has the package; with a runner it is called as `bin` says.',
      ),
    requires: z
      .array(z.string().regex(BIN_NAME, 'must be a plain name'))
      .describe('Programs that have to be on the PATH of whoever starts it.'),
    native: z
      .string()
      .describe('Instead of `command`: a file beside it that serves Streamable HTTP.'),
    url: z.url().describe('Instead of `command`: the address of a remote MCP server.'),
    args: z.array(z.string()).describe('May contain ${user.id}, ${data} and ${secret.NAME}.'),
    env: words.describe('May contain ${user.id}, ${user.name}, ${data} and ${secret.NAME}.'),
    cwd: z.string().describe('Working directory; may contain ${user.id} and ${data}.'),
    headers: words.describe(
      'Headers for a remote server; may contain ${user.id} and ${secret.NAME}.',
    ),
    type: z
      .string()
      .describe(
        'Of a remote server: sse for HTTP with SSE (2024-11-05), http for Streamable HTTP. Without it the gateway finds out.',
      ),
    privateAddresses: z
      .boolean()
      .describe(
        'Whether the name of a remote server may mean an address of a private network, and http:// may lead there.',
      ),
    oauth: remoteOauthDefinition.describe(
      'How the gateway logs in at a remote server by itself (OAuth client credentials).',
    ),
    description: z.string().describe('One line for people.'),
    enabled: z.boolean(),
    disabled: z.boolean().describe('As `enabled: false`; some clients write it so.'),
    isolation: z.enum(ISOLATION).describe('Who shares a process. Default: session.'),
    roots: z
      .enum(ROOTS)
      .describe(
        'deny: the server never learns of folders of the client; fixed: it is told those of rootFolders.',
      ),
    rootFolders: z
      .array(z.string())
      .describe('What `roots: fixed` tells; may contain ${user.id}, ${data}.'),
    spares: z
      .int()
      .min(0)
      .max(SPARES_MAX)
      .describe('Processes started ahead, so that nobody waits for a slow start. Default: 0.'),
    idle: z
      .int()
      .min(0)
      .max(86_400)
      .describe(
        'Seconds that a process of several sessions outlives the last of them. Default: 60.',
      ),
    processesPerUser: z
      .int()
      .min(1)
      .max(PROCESSES_PER_USER_MAX)
      .describe('Processes of this service that one person may have at once. Default: 64.'),
    callTimeout: z
      .int()
      .min(1)
      .max(86_400)
      .describe('Seconds a request may be silent: each progress begins them anew. Default: 300.'),
    callCeiling: z
      .int()
      .min(1)
      .max(604_800)
      .describe('Seconds a request may take whatever progress it makes. Default: 3600.'),
    messageBytes: z
      .int()
      .min(1024)
      .max(MESSAGE_BYTES_MAX)
      .describe('The largest message the server may send. Default: 32 MiB.'),
    stopCommand: z
      .array(z.string())
      .min(1)
      .describe(
        'Run in the environment of a process when it has ended, e.g. to end what it left behind; may contain ${user.id}, ${data}.',
      ),
    runner: z
      .string()
      .describe(
        'Socket of the runner program that starts the processes elsewhere, e.g. in a container.',
      ),
    egress: z
      .enum(EGRESS)
      .describe(
        'public: the program is given a proxy that reaches the public internet alone; {proxy} in `args` is its URL.',
      ),
    calls: z.enum(CALLS).describe('serial: one request at a time for each process.'),
    revocation: z
      .enum(REVOCATION_MODES)
      .describe(
        'strict: each request asks the store; it costs a tenth of a millisecond, and two seconds of an unreachable store less.',
      ),
    folders: z
      .array(z.string())
      .describe('Made before the first start; may contain ${user.id}, ${data}.'),
    scopes: z
      .record(z.string(), z.string())
      .describe('Scopes of this service by name, with words.'),
    tools: toolsDefinition.describe('Which of its tools there are, and what they need.'),
    audit: z
      .enum(AUDIT)
      .describe(
        'arguments: the audit log keeps what tools were called with, shortened; it may be confidential. Default: calls.',
      ),
    sse: z
      .boolean()
      .describe('Whether clients of the HTTP+SSE transport of 2024-11-05 are served too.'),
    userSecrets: z
      .record(z.string(), z.string().trim().min(1))
      .describe(
        'What each person enters on the account page, by NAME as in ${secret.NAME}, with words for them.',
      ),
  })
  .partial()

export type ServiceDefinition = z.infer<typeof serviceDefinition>
