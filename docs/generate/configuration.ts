/** `configuration.md`: every environment variable from the rooms' own specifications, every key from the JSON Schema. */

import { CERTS_VARIABLES } from '../../certs/config.ts'
import { START_VARIABLES } from '../../cli/start/configuration.ts'
import { ROOM_SETTINGS } from '../../cli/supervisor/part-environment.ts'
import { ENVOY_VARIABLES } from '../../envoy/config.ts'
import { EXT_AUTHZ_VARIABLES } from '../../ext-authz/config.ts'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import type { Specification, Variable } from '../../lib/platform/environment.ts'
import { TRACING_SECRETS, TRACING_VARIABLES } from '../../lib/platform/tracing/settings.ts'
import { MCP_BRIDGE_VARIABLES } from '../../mcp-bridge/config.ts'
import { OAUTH_SERVER_VARIABLES } from '../../oauth-server/config.ts'
import { keysOfGatewayFile } from './gateway-file-keys.ts'
import { code, GENERATED, page, table } from './markdown.ts'
import { GROUPS, type Group, MEANINGS, UNTYPED } from './variables.ts'

const SPECIFICATIONS: Readonly<Record<keyof typeof ROOM_SETTINGS, Specification>> = {
  'oauth-server': OAUTH_SERVER_VARIABLES,
  'ext-authz': EXT_AUTHZ_VARIABLES,
  'mcp-bridge': MCP_BRIDGE_VARIABLES,
  certs: CERTS_VARIABLES,
  'envoy-files': ENVOY_VARIABLES,
}

interface Known {
  readonly wants: string
  readonly fallback: string
  readonly readBy: readonly string[]
}

export function configurationPage(): string {
  const known = knownVariables()
  requireSameNames([...known.keys()], Object.keys(MEANINGS))
  return page(
    GENERATED,
    '# Configuration',
    INTRODUCTION,
    '## Environment variables',
    VARIABLES,
    ...GROUPS.flatMap((group) => [`### ${group}`, groupTable(group, known)]),
    '## `gateway.yaml`',
    FILE,
    ...keysOfGatewayFile(),
  )
}

const INTRODUCTION = `There are two places, and both may be empty: environment variables, and \`gateway.yaml\`. Faults of both are
told before anything starts, all at once, each with its name, what it wants and what it got.`

const VARIABLES = `Each may stand in \`.env\` in the folder of the start; what is really set wins. \`NAME_FILE\` names a file that
holds the value of \`NAME\`, so that secrets can be mounted. An empty value is as unset; a
file with nothing in it is a fault, because a protection would be off. With Docker they stand in
\`.env\`, and [some more](docker.md#where-it-is-published) say where it is published. A change needs another start.

Not here: what single commands read ([backups](backup.md#each-night), [the client](client.md), [tokens](operating.md)), what a service
reads ([services](services.md)), what the [runner](bridge.md) reads, and Node's own \`NODE_EXTRA_CA_CERTS\`.

_Read by_ is the part that gets the variable; no other does.`

const FILE = `YAML or JSON, beside the start or where \`GATEWAY_CONFIG\` points. Editors know its shape from
[gateway.schema.json](gateway.schema.json): \`# yaml-language-server: $schema=docs/gateway.schema.json\` as its first
line. \`mcpServers\` and \`access\` apply [while the gateway runs](changes-while-running.md), the rest with the next start.`

interface Declaration {
  readonly name: string
  readonly variable: Variable<unknown>
  readonly readBy: string
}

function knownVariables(): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>()
  for (const { name, variable, readBy } of [
    ...ofAll(),
    ...ofTheStart(),
    ...ofRooms(),
    ...ofTraces(),
  ]) {
    const { wants } = variable.parse
    if (wants === undefined) throw new Error(`the parser of ${name} does not say what it wants`)
    const before = known.get(name) ?? { wants, fallback: fallbackOf(variable), readBy: [] }
    known.set(name, { ...before, readBy: [...new Set([...before.readBy, readBy])] })
  }
  for (const [name, { wants, readBy }] of Object.entries(UNTYPED)) {
    known.set(name, { wants, fallback: '', readBy: [readBy] })
  }
  return known
}

/** Where the runners are is for whoever starts the rooms, not for operators. */
function ofAll(): Declaration[] {
  return Object.entries(GATEWAY_VARIABLES)
    .filter(([name]) => name !== 'MCP_RUNNERS_FOLDER')
    .map(([name, variable]) => ({ name, variable, readBy: 'all' }))
}

function ofTheStart(): Declaration[] {
  return Object.entries(START_VARIABLES).map(([name, variable]) => ({
    name,
    variable,
    readBy: name === 'LOG_LEVEL' ? 'all' : 'cli',
  }))
}

function ofRooms(): Declaration[] {
  return Object.entries(ROOM_SETTINGS).flatMap(([room, names]) => {
    const specification = SPECIFICATIONS[room as keyof typeof ROOM_SETTINGS]
    return names.flatMap((name) => {
      const variable = specification[name]
      return variable === undefined || FOR_TESTS.has(name) ? [] : [{ name, variable, readBy: room }]
    })
  })
}

/** Envoy is told of the headers by its own variables. */
function ofTraces(): Declaration[] {
  const rooms = ['oauth-server', 'ext-authz', 'mcp-bridge']
  const declare = (specification: Specification, readers: readonly string[]): Declaration[] =>
    Object.entries(specification).flatMap(([name, variable]) =>
      readers.map((readBy) => ({ name, variable, readBy })),
    )
  return [
    ...declare(TRACING_VARIABLES, [...rooms, 'envoy-files']),
    ...declare(TRACING_SECRETS, [...rooms, 'envoy']),
  ]
}

/** Refused wherever others can reach the gateway. */
const FOR_TESTS = new Set(['CLIENT_DOCUMENT_TEST_HOSTS'])

function fallbackOf({ fallback }: Variable<unknown>): string {
  const value = fallback?.value
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? code(String(value)) : ''
}

function groupTable(group: Group, known: ReadonlyMap<string, Known>): string {
  const rows = Object.entries(MEANINGS)
    .filter(([, meaning]) => meaning.group === group)
    .map(([name, { words, fallback }]) => {
      const found = known.get(name)
      if (found === undefined) throw new Error(`no code reads ${name}`)
      const standard = fallback ?? found.fallback + inWords(words, found.fallback)
      return [code(name), found.wants, standard, found.readBy.join(', '), words]
    })
  return table(['variable', 'takes', 'default', 'read by', ''], rows)
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const

/** Nobody reads 7776000 seconds. */
function inWords(words: string, fallback: string): string {
  const seconds = Number(fallback.replaceAll('`', ''))
  const unit = UNITS.find(([size]) => seconds >= size && seconds % size === 0)
  return unit === undefined || !words.startsWith('Seconds')
    ? ''
    : ` (${seconds / unit[0]} ${unit[1]})`
}

function requireSameNames(inCode: readonly string[], described: readonly string[]): void {
  const [code, words] = [new Set(inCode), new Set(described)]
  const faults = [
    ...[...code.difference(words)].map((name) => `${name} is not described`),
    ...[...words.difference(code)].map((name) => `no code reads ${name}`),
  ]
  if (faults.length > 0) throw new Error(`docs/generate/variables.ts: ${faults.join('; ')}`)
}
