/** compose.yaml and the Dockerfile against what the rest of the project says: who is started how, and confined. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { toContainerParts } from '../../../../cli/compose/container-parts.ts'
import { createOutput } from '../../../../cli/output.ts'
import { readSettings } from '../../../../cli/start/settings.ts'
import { ROOM_ALLOCATOR } from '../../../../cli/supervisor/room-memory.ts'
import { OVERLOAD_LIMITS } from '../../../../envoy/overload.ts'

const ROOT = new URL('../../../..', import.meta.url).pathname

interface Definition {
  readonly user: string
  readonly image: string
  readonly extends?: { readonly file: string; readonly service: string }
  readonly network_mode?: string
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly healthcheck?: object
  readonly [name: string]: unknown
}

const read = (path: string) =>
  (
    parse(readFileSync(join(ROOT, path), 'utf8'), { merge: true }) as {
      services: Record<string, Definition>
    }
  ).services

/** As Compose completes it where nothing is set: a variable in the name of what is extended is empty, or its default. */
function complete(definition: Definition): Definition {
  const { extends: base } = definition
  if (base === undefined) return definition
  const name = base.service.replaceAll(/\$\{\w+(?::-(\w+))?[^}]*\}/g, '$1')
  return { ...read(base.file)[name], ...definition }
}

const { setup, status, cli, ...rooms } = Object.fromEntries(
  Object.entries(read('compose.yaml')).map(([name, one]) => [name, complete(one)]),
)
const servers = Object.entries(rooms).filter(([name]) => name !== 'secrets')

/** The command of each target of the Dockerfile. */
const commands = new Map(
  readFileSync(`${ROOT}Dockerfile`, 'utf8')
    .split(/^FROM /m)
    .flatMap((stage): [string, string[]][] => {
      const [, target = ''] = /^\S+ AS (\S+)/.exec(stage) ?? []
      const [, command] = /^CMD (\[.+\])$/m.exec(stage) ?? []
      return command === undefined ? [] : [[target, JSON.parse(command) as string[]]]
    }),
)

test('each room is started with the arguments of the supervisor’s table', async (t) => {
  const context = {
    environment: { GATEWAY_TLS: 'true', PUBLIC_URL: 'https://localhost:8642' },
    workingDirectory: '/nowhere',
    stdin: process.stdin,
    output: createOutput(process, { json: false, colour: false }),
    clock: Date.now,
    rooms: '/app',
  }
  const stateDirectory = mkdtempSync(join(tmpdir(), 'containers-'))
  t.teardown(() => rmSync(stateDirectory, { recursive: true, force: true }))
  const environment = { ...context.environment, GATEWAY_STATE_DIR: stateDirectory }
  const settings = readSettings({ ...context, environment })
  for (const { name, args } of await toContainerParts({ ...context, environment }, settings)) {
    const target = name.replace(/-\d$/, '')
    t.true(target in rooms, `${target} has a container`)
    // Its arguments are read from a file.
    if (target === 'envoy') continue
    const own = args.map((arg) => arg.replace('/app/', ''))
    const [program = '', ...given] = commands.get(target) ?? []
    const expected = program === 'node' ? ['--env-file=/run/room/environment', ...own] : own
    t.deepEqual(given, expected, target)
  }
})

test('each room allocates as the supervisor’s do', (t) => {
  const [room = ''] = readFileSync(`${ROOT}Dockerfile`, 'utf8')
    .split(/^FROM /m)
    .filter((stage) => / AS room\n/.test(stage))
  const set = Object.fromEntries(
    [...room.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [name, value]),
  )
  t.deepEqual(set, { ...ROOM_ALLOCATOR })
})

test('every container is confined, limited, looked after and its log bounded', (t) => {
  for (const [name, definition] of Object.entries({ ...rooms, cli: cli as Definition })) {
    t.regex(definition.user, /^(?:1000|65534):1000$/, name)
    t.deepEqual(definition['cap_drop'], ['ALL'], name)
    t.is(definition['cap_add'], undefined, name)
    t.is(definition['privileged'], undefined, name)
    t.deepEqual(definition['security_opt'], ['no-new-privileges:true'], name)
    for (const member of ['read_only', 'init', 'mem_limit', 'pids_limit', 'logging']) {
      t.truthy(definition[member], `${name}: ${member}`)
    }
  }
  for (const [name, { healthcheck, ...rest }] of servers) {
    t.truthy(healthcheck, name)
    t.is(rest['restart'], 'unless-stopped', name)
    t.truthy(rest['cpus'], name)
  }
  for (const byHand of [setup, status]) t.deepEqual(byHand?.['cap_add'], ['SETUID', 'SETGID'])
  for (const byHand of [setup, status, cli]) t.deepEqual(byHand?.['profiles'], ['setup'])
  t.deepEqual(rooms['backup']?.['profiles'], ['off'], 'unless BACKUP_NIGHTLY says otherwise')
})

test('Envoy gives way before its container is full', (t) => {
  const [, megabytes = ''] = /^(\d+)m$/.exec(String(rooms['envoy']?.['mem_limit'])) ?? []
  const besideTheHeap = 128
  t.true(OVERLOAD_LIMITS.heapBytes <= (Number(megabytes) - besideTheHeap) * 2 ** 20)
})

test('nobody has the engine’s socket, or a name of a secret', (t) => {
  const text = readFileSync(`${ROOT}compose.yaml`, 'utf8')
  t.notRegex(text, /docker\.sock/)
  t.notRegex(text, /\$\{[A-Z_]*(?:SECRET|PASSWORD|TOKEN)/)
  const readers = Object.entries(rooms).filter(([, one]) => one['env_file'] !== undefined)
  t.deepEqual(
    readers.map(([name]) => name),
    ['secrets'],
  )
})

/** Who has which sockets: whoever listens there, and whoever may ask. */
const SOCKETS: Readonly<Record<string, readonly string[]>> = {
  'sockets-valkey': ['backup', 'cli', 'ext-authz', 'mcp-bridge', 'oauth-server', 'valkey'],
  'sockets-oauth-server': ['envoy', 'oauth-server'],
  'sockets-ext-authz': ['envoy', 'ext-authz'],
  'sockets-mcp-bridge': ['envoy', 'mcp-bridge'],
  'sockets-certs': ['certs', 'envoy'],
  'sockets-envoy': ['envoy', 'envoy-files'],
}

test('a folder of sockets is in those containers alone that share it, writable where somebody listens', (t) => {
  const mounts = Object.entries({ ...rooms, cli: cli as Definition }).flatMap(
    ([name, { volumes = [] }]) => volumes.map((volume) => ({ name, volume })),
  )
  for (const [socket, expected] of Object.entries(SOCKETS)) {
    const own = mounts.filter(({ volume }) => volume.startsWith(`${socket}:`))
    t.deepEqual(own.map(({ name }) => name).sort(), expected, socket)
    const writers = own.filter(({ volume }) => !volume.endsWith(':ro')).map(({ name }) => name)
    t.deepEqual(writers, [socket.replace('sockets-', '')], socket)
  }
  const all = mounts.filter(({ volume }) => volume.startsWith('sockets-'))
  t.is(all.length, Object.values(SOCKETS).flat().length, 'there are no others')
})

test('each room’s own folder is in its container, for reading, and where it is laid out', (t) => {
  for (const [name, { volumes = [] }] of servers) {
    const own = volumes.filter((volume) => volume.startsWith('room-'))
    t.deepEqual(own, [`room-${name}:/run/room:ro`], name)
  }
})

test('what makes backups sees the files of each service', (t) => {
  const data = Object.entries(read('services/compose.yaml')).flatMap(([name, { volumes = [] }]) =>
    volumes.includes(`data-${name}:/data`) ? [name] : [],
  )
  t.true(data.length > 10)
  // Of each person there: uid 1000 could read none of it.
  const expected = data.filter((name) => name !== 'tmux')
  for (const [one, mode] of [
    [cli, ''],
    [rooms['backup'], ':ro'],
  ] as const) {
    const mounted = one?.volumes?.filter((volume) => volume.startsWith('data-'))
    t.deepEqual(
      mounted?.toSorted(),
      expected.map((name) => `data-${name}:/state/volumes/${name}${mode}`).toSorted(),
    )
  }
})

test('Envoy alone is published, and no two rooms share a network but Envoy and certs', (t) => {
  const published = Object.entries(rooms).filter(([, { ports }]) => ports !== undefined)
  t.deepEqual(
    published.map(([name]) => name),
    ['envoy'],
  )
  t.true(rooms['envoy']?.ports?.every((port) => port.startsWith('127.0.0.1:')))
  const inNetwork = (network: string) =>
    Object.entries(rooms).filter(([, { networks = [] }]) => networks.includes(network))
  t.deepEqual(
    inNetwork('edge').map(([name]) => name),
    ['certs', 'envoy'],
  )
  for (const network of ['login', 'remote']) t.is(inNetwork(network).length, 1, network)
  for (const [name, { network_mode, networks }] of Object.entries(rooms)) {
    t.true(network_mode === 'none' || networks?.length === 1, name)
  }
})
