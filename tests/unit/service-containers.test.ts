/** Each service of the catalogue has a container, switched as the catalogue is, confined, and reached by the bridge. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { OWN_RUNNER } from '../../lib/catalogue/runners.ts'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'

const FOLDER = join(import.meta.dirname, '../../services')
const EGRESS = 'egress'

interface Container {
  readonly extends?: { readonly file: string; readonly service: string }
  readonly build: { readonly target: string; readonly args?: Readonly<Record<string, string>> }
  readonly user: string
  readonly network_mode?: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt: readonly string[]
  readonly mem_limit: string
  readonly pids_limit: number
  readonly cpus: number
  readonly logging: object
  readonly healthcheck: object
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes: readonly (string | { readonly source: string; readonly read_only: boolean })[]
}

const read = (file: string): unknown =>
  parse(readFileSync(join(FOLDER, file), 'utf8'), { merge: true })

const { services: containers } = read('compose.yaml') as { services: Record<string, Container> }
const { services: switches } = read('switch.yaml') as {
  services: Record<string, { profiles?: string[] }>
}
const { services: bridges } = read('bridge.yaml') as {
  services: { sockets: { volumes: { source: string; target: string; read_only: boolean }[] } }
}

const definitions = new Map(
  readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, 'service.yaml')))
    .map((name) => [name, read(`${name}/service.yaml`) as ServiceDefinition] as const)
    .filter(([, { url }]) => url === undefined),
)

test('every service that is no remote one has a container, and there are no others', (t) => {
  const expected = [...definitions.keys(), OWN_RUNNER, EGRESS].sort()
  t.deepEqual(Object.keys(containers).sort(), expected)
})

for (const [name, definition] of definitions) {
  test(`${name}: the switch of the catalogue is its own, on or off as there`, (t) => {
    const variable = `MCP_${name.replaceAll('-', '_').toUpperCase()}_ENABLED`
    const isOn = definition.enabled ?? true
    t.deepEqual(containers[name]?.extends, {
      file: 'switch.yaml',
      service: `\${${variable}:-${isOn}}`,
    })
  })

  test(`${name}: it has the files that pin it, and a way out only if it needs one`, (t) => {
    const { build, volumes = [], environment } = containers[name] ?? {}
    const own = existsSync(join(FOLDER, name, 'package.json'))
    const target = definition.pypi !== undefined ? 'python' : own ? 'package' : 'project'
    t.is(build?.target, target)
    if (target !== 'project') t.is(build?.args?.['SERVICE'], name)
    const hasWayOut = definition.egress === 'public' || name === 'fetchs'
    t.is(
      volumes.some((volume) => typeof volume === 'object' && volume.source === EGRESS),
      hasWayOut,
    )
    t.is(environment?.['EGRESS_SOCKET'] !== undefined, hasWayOut)
  })
}

for (const [name, container] of Object.entries(containers)) {
  test(`${name}: its container is confined and bounded`, (t) => {
    const isRoot = container.cap_add !== undefined
    t.is(container.network_mode, name === EGRESS ? undefined : 'none')
    t.is(container.read_only, true)
    t.deepEqual(container.cap_drop, ['ALL'])
    t.deepEqual(container.security_opt, ['no-new-privileges:true'])
    t.is(container.user, isRoot ? '0:1000' : '1000:1000')
    if (isRoot) {
      t.deepEqual(container.cap_add, ['SETUID', 'SETGID', 'KILL'])
      t.truthy(container.environment?.['MCP_RUNNER_UIDS'])
    }
    for (const bound of ['mem_limit', 'pids_limit', 'cpus', 'logging', 'healthcheck'] as const) {
      t.truthy(container[bound], bound)
    }
  })
}

test('the bridge has the socket of each, and can only connect', (t) => {
  const { volumes } = bridges.sockets
  const expected = Object.keys(containers).filter((name) => name !== EGRESS)
  t.deepEqual(
    volumes.map(({ source }) => source).sort(),
    expected.map((name) => `run-${name}`).sort(),
  )
  for (const { source, target, read_only } of volumes) {
    t.is(target, `/run/runners/${source.slice('run-'.length)}`)
    t.is(read_only, true)
  }
  const holders = Object.entries(containers).flatMap(([name, container]) =>
    container.volumes.map((volume) => `${name} ${String(volume).split(':')[0]}`),
  )
  for (const name of expected) {
    t.deepEqual(
      holders.filter((one) => one.endsWith(` run-${name}`)),
      [`${name} run-${name}`],
    )
  }
})

test('each way of saying yes or no is understood', (t) => {
  for (const yes of ['true', '1', 'yes', 'on']) t.deepEqual(switches[yes], {})
  for (const no of ['false', '0', 'no', 'off']) t.deepEqual(switches[no], { profiles: ['off'] })
})
