import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import {
  composeFiles,
  hasContainer,
  isContainerName,
  withContainer,
  withoutContainer,
} from '../../../../cli/servers/image/compose-file.ts'
import { toImageEntry, toTrialEntry } from '../../../../cli/servers/image/image-entry.ts'
import { readImage } from '../../../../cli/servers/image/inspect-image.ts'
import { toService } from '../../../../lib/catalogue/service.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const DIGEST = `tools@sha256:${'a'.repeat(64)}`

interface Config {
  readonly Entrypoint: string[] | null
  readonly Cmd: string[] | null
  readonly Env: string[] | null
  readonly WorkingDir?: string
}

/** A line each, as `docker image inspect --format` has been asked. */
const inspected = (config: Config, digests: string[] | null = [DIGEST]): string =>
  [digests, config.Entrypoint, config.Cmd, config.Env, config.WorkingDir ?? '']
    .map((value) => `${JSON.stringify(value)}\n`)
    .join('')

test('what an image starts, and as what', (t) => {
  const config = {
    Entrypoint: ['python3'],
    Cmd: ['server.py'],
    Env: ['PATH=/bin', 'FLAG=a=b'],
    WorkingDir: '/srv',
  }
  t.deepEqual(readImage('tools:1', [], inspected(config)), {
    pinned: DIGEST,
    command: ['python3', 'server.py'],
    workingDirectory: '/srv',
    variables: ['PATH', 'FLAG'],
  })
  t.like(readImage('tools:1', ['other.py', '-v'], inspected(config, null)), {
    pinned: 'tools:1',
    command: ['python3', 'other.py', '-v'],
  })
  const empty = { Entrypoint: null, Cmd: null, Env: null }
  t.throws(() => readImage('tools', [], inspected(empty)), { message: /names no program/ })
  t.deepEqual(readImage('tools', ['x'], inspected(empty)).command, ['x'])
})

const FACTS = {
  pinned: DIGEST,
  command: ['python3', 'server.py'],
  workingDirectory: '/srv',
  variables: ['PATH', 'FLAG'],
}

test('its entry starts nothing on this machine: a runner does', (t) => {
  const entry = toImageEntry('tools', FACTS)
  t.deepEqual(entry, {
    command: 'python3',
    args: ['server.py'],
    runner: '/run/runners/tools/runner.sock',
    cwd: '/srv',
  })
  const reading = toService('tools', entry, '/gateway')
  t.like('service' in reading ? reading.service : {}, {
    runner: '/run/runners/tools/runner.sock',
    launch: { command: 'python3', args: ['server.py'], cwd: '/srv' },
  })
})

test('on trial it has no network unless it is meant to, and no rights either way', (t) => {
  const environment = { DOCKER_HOST: 'unix:///d.sock', XDG_RUNTIME_DIR: '/run/u', OTHER: 'x' }
  const place = { container: 'trial-1', internet: false, environment }
  const { args = [], env } = toTrialEntry(FACTS, { env: { KEY: '${secret.KEY}' } }, place)
  const { OTHER: _, ...dockers } = environment
  t.deepEqual(env, { ...dockers, KEY: '${secret.KEY}' }, 'which engine, and what the program gets')
  const line = args.join(' ')
  t.true(line.includes('--network none'))
  for (const part of ['--read-only', '--cap-drop ALL', '--user 1000:1000', '--env KEY ']) {
    t.true(line.includes(part), part)
  }
  t.true(line.endsWith(`--workdir /srv --entrypoint python3 ${DIGEST} server.py`))
  t.false(line.includes('secret.KEY'), 'its text is in the environment alone')
  const online = toTrialEntry(FACTS, {}, { ...place, internet: true })
  t.false(online.args?.includes('none'))
})

const offline = { facts: FACTS, internet: false }

test('a container of its own, which the bridge reaches by a socket', (t) => {
  const text = withContainer('', 'tools', offline)
  const { services, volumes } = parse(text)
  t.deepEqual(services.tools, {
    extends: { file: 'services/image.yaml', service: 'offline' },
    image: '${COMPOSE_PROJECT_NAME:-mcp-oauth-gateway}-tools:${GATEWAY_IMAGE_TAG:-latest}',
    build: { args: { IMAGE: DIGEST } },
    environment: { MCP_RUNNER_PASSED: 'FLAG' },
    volumes: ['run-tools:/run/runner', 'data-tools:/data'],
  })
  t.deepEqual(services['mcp-bridge'].volumes, [
    {
      type: 'volume',
      source: 'run-tools',
      target: '/run/runners/tools',
      read_only: true,
      volume: { nocopy: true },
    },
  ])
  const kept = {
    type: 'volume',
    source: 'data-tools',
    target: '/state/volumes/tools',
    volume: { nocopy: true },
  }
  t.deepEqual(services.backup.volumes, [{ ...kept, read_only: true }])
  t.deepEqual(services.cli.volumes, [{ ...kept, read_only: false }])
  t.deepEqual(Object.keys(volumes), ['run-tools', 'data-tools'])
})

test('one that may out has the words of the guard passed on', (t) => {
  const { services } = parse(withContainer('', 'tools', { facts: FACTS, internet: true }))
  t.is(services.tools.extends.service, 'online')
  t.regex(services.tools.environment.MCP_RUNNER_PASSED, /^FLAG,HTTP_PROXY,HTTPS_PROXY/)
})

test('containers come, are replaced and go; what people wrote stays', (t) => {
  const first = withContainer('# mine\n', 'one', offline)
  const both = withContainer(first, 'two', offline)
  const again = withContainer(both, 'one', { facts: FACTS, internet: true })
  t.is(parse(again).services['mcp-bridge'].volumes.length, 2)
  t.is(parse(again).services.one.extends.service, 'online')
  const left = withoutContainer(again, 'one')
  t.true(left.startsWith('# mine\n'))
  t.false(hasContainer(left, 'one'))
  t.deepEqual(Object.keys(parse(left).services).sort(), ['backup', 'cli', 'mcp-bridge', 'two'])
  const none = parse(withoutContainer(left, 'two'))
  t.deepEqual(none, { services: {}, volumes: {} })
  t.is(withoutContainer(left, 'three'), left)
})

test('compose reads both files, whatever it read before', (t) => {
  t.is(composeFiles(undefined), 'compose.yaml:compose.own.yaml')
  t.is(composeFiles('a.yaml:b.yaml'), 'a.yaml:b.yaml:compose.own.yaml')
  t.is(composeFiles('compose.yaml:compose.own.yaml'), 'compose.yaml:compose.own.yaml')
})

test('no container takes the name of a room', (t) => {
  const { services } = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'))
  for (const name of [...Object.keys(services), 'own', 'egress', 'memory']) {
    t.false(isContainerName(name, new Set(['memory'])), name)
  }
  t.true(isContainerName('tools', new Set(['memory'])))
})

test('the containers that it extends are as confined as the others', (t) => {
  const { services } = parse(readFileSync(join(ROOT, 'services/image.yaml'), 'utf8'), {
    merge: true,
  })
  for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
    t.like(
      service,
      { network_mode: 'none', read_only: true, cap_drop: ['ALL'], user: '1000:1000' },
      name,
    )
  }
  t.is(services.offline.environment.EGRESS_SOCKET, undefined)
})

test('every container is built from a stage that there is', (t) => {
  const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
  const stagesOf = (path: string): string[] =>
    [...read(path).matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage = '']) => stage)
  const stages = { rooms: stagesOf('Dockerfile'), services: stagesOf('services/Dockerfile') }
  for (const path of ['compose.yaml', 'services/compose.yaml', 'services/image.yaml']) {
    const builds = [...read(path).matchAll(/^.*target: ([\w-]+).*$/gm)].filter(
      ([, target = '']) => !target.startsWith('/'),
    )
    t.true(builds.length > 0, path)
    const known = path === 'compose.yaml' ? stages.rooms : stages.services
    for (const [, target = ''] of builds) {
      if (target !== '') t.true(known.includes(target), `${path}: ${target}`)
    }
  }
})
