/** A service on trial: its texts are expanded for nobody in particular, and it gets no more than a launch would give it. */

import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { ProgramLaunch } from '../../lib/catalogue/program-launch.ts'
import type { RemoteLaunch } from '../../lib/catalogue/remote-launch.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { expandTemplate } from '../../lib/catalogue/templates.ts'
import { type Environment, readText } from '../../lib/platform/environment.ts'
import { isInherited } from '../../lib/platform/inherited.ts'
import { createProcessGroups } from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { CliError } from '../cli-error.ts'
import { ProcessTransport } from './process-transport.ts'
import { assertReachable } from './reachable.ts'
import { makeFolders, makeTrialFolder, type Trial, tryServer } from './trial.ts'

const TRIAL_MARKER = 'MCP_GATEWAY_TRIAL'
const WATCHDOG_SECONDS = 1
/** A stand-in in the shape of `${user.id}`. */
const NOBODY = `u${'a'.repeat(26)}`

/** @throws CliError when it cannot be started or reached, or does not speak MCP. */
export async function tryService(service: Service, environment: Environment): Promise<Trial> {
  const { launch, runner } = service
  // Started here it would have this account, not its container.
  if (runner !== undefined) {
    throw new CliError(`${service.name} is started by a runner, in a container: not here.`, {
      nextStep: 'call one of its tools: gateway tools list',
    })
  }
  return launch.kind === 'remote'
    ? await tryRemote(service, launch, environment)
    : await tryProgram(service, launch, environment)
}

async function tryProgram(
  { name, folders }: Service,
  launch: ProgramLaunch,
  environment: Environment,
): Promise<Trial> {
  const data = makeTrialFolder()
  const groups = createProcessGroups({ name: TRIAL_MARKER, value: randomText(8) }, WATCHDOG_SECONDS)
  try {
    const expand = createExpand(name, environment, data.path)
    makeFolders(folders.map(expand))
    const transport = new ProcessTransport(groups, {
      command: launch.command,
      args: launch.args.map(expand),
      env: { ...inherited(environment), ...mapTexts(launch.env, expand) },
      cwd: launch.cwd === undefined ? data.path : expand(launch.cwd),
    })
    return await tryServer(name, {
      transport,
      said: () => transport.said,
      close: () => transport.close(),
    })
  } finally {
    await groups.stopAll({ inputEndMs: 0, terminateMs: 500 })
    data.remove()
  }
}

function inherited(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      isInherited(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}

async function tryRemote(
  { name }: Service,
  launch: RemoteLaunch,
  environment: Environment,
): Promise<Trial> {
  if (launch.oauth !== undefined) {
    throw new CliError(`${name} is logged in at by the gateway itself, which is not tried here.`, {
      nextStep: 'log in at its page once the gateway serves it; docs/remote.md says how',
    })
  }
  await assertReachable(name, launch)
  const expand = createExpand(name, environment, '')
  const headers = mapTexts(launch.headers, expand)
  const attempt = (transport: Transport): Promise<Trial> =>
    tryServer(name, { transport, said: () => '', close: () => transport.close() })
  const url = new URL(launch.url)
  const options = { requestInit: { headers }, fetch: withoutRedirects }
  const streamable = () => new StreamableHTTPClientTransport(url, options) as Transport
  const sse = () => new SSEClientTransport(url, options) as Transport
  if (launch.transport === 'sse') return await attempt(sse())
  try {
    return await attempt(streamable())
  } catch (error) {
    // MCP 2025-03-26, backwards compatibility: who refuses the newer transport may know the older one.
    if (launch.transport !== undefined || !isRefusal(error)) throw explainLogin(error, name)
    return await attempt(sse()).catch(() => {
      throw explainLogin(error, name)
    })
  }
}

/** As the bridge does it: a secret header must not be led to somebody else. */
function withoutRedirects(url: string | URL, init?: RequestInit): Promise<Response> {
  return fetch(url, { ...init, redirect: 'error' })
}

function codeOf(error: unknown): number | undefined {
  const { code } = ((error as CliError).cause ?? {}) as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}

function isRefusal(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && code >= 400 && code < 500 && code !== 401
}

function explainLogin(error: unknown, name: string): unknown {
  const isLogin = codeOf(error) === 401 || /unauthorized|\b401\b/i.test((error as Error).message)
  if (!isLogin) return error
  return new CliError(`${name} wants a login of its own: it answered 401.`, {
    nextStep:
      'write its token into .env as NAME, and let it be sent: header Authorization: Bearer ${secret.NAME} (docs/remote.md; it tells of OAuth, too)',
    cause: error,
  })
}

function createExpand(
  service: string,
  environment: Environment,
  dataFolder: string,
): (text: string) => string {
  return (text) =>
    expandTemplate(text, (template) => {
      if (template === 'data') return dataFolder
      if (template === 'user.id') return NOBODY
      if (template === 'user.name') return 'trial'
      return requireSecret(service, template.replace(/^secret\./, ''), environment)
    })
}

function requireSecret(service: string, name: string, environment: Environment): string {
  const value = readText(name, environment)
  if (value !== undefined) return value
  throw new CliError(`${service} needs ${name}, which is not set.`, {
    nextStep: `write ${name}=… into .env, or name a file: ${name}_FILE=…; then try again`,
  })
}

function mapTexts(
  texts: Readonly<Record<string, string>>,
  expand: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expand(text)]))
}
