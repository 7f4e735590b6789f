import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { ProgramLaunch } from '../../../../lib/catalogue/program-launch.ts'
import { type Service, toService } from '../../../../lib/catalogue/service.ts'
import {
  type ServiceDefinition,
  serviceDefinition,
} from '../../../../lib/catalogue/service-definition.ts'

const folder = mkdtempSync(join(tmpdir(), 'launch-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'requirements.txt'), 'mcp-server-fetch==1.0.0 --hash=sha256:ab\n')

const PLACE = { pins: folder, packages: '/packages' }
const GUARD = /\/services\/guard\/main\.ts$/

function read(definition: ServiceDefinition, place = PLACE): Service {
  const reading = toService('fetch', definition, folder, place)
  if ('faults' in reading) throw new Error(reading.faults.join('\n'))
  return reading.service
}

function programOf({ launch }: Service): ProgramLaunch {
  if (launch.kind === 'remote') throw new Error('a remote server')
  return launch
}

function faultsOf(definition: ServiceDefinition): readonly string[] {
  const reading = toService('fetch', definition, folder, PLACE)
  return 'faults' in reading ? reading.faults : []
}

test('a Python package is run by path, by the Python it is installed for', (t) => {
  const service = read({ pypi: 'mcp-server-fetch', args: ['--x'] })
  const { command, args, cwd } = programOf(service)
  t.is(command, join(service.install?.folder ?? '', 'bin/python'))
  t.deepEqual(args, [service.install?.program ?? '', '--x'])
  t.is(cwd, undefined, 'it runs where its data lies')
})

test('a script beside the definition is run by the Python that has the package', (t) => {
  const definition = { pypi: 'mcp-server-fetch', script: 'serve.py', bin: 'mcp-fetch' }
  const service = read(definition)
  t.deepEqual(programOf(service).args, [join(folder, 'serve.py')])
  t.is(programOf(service).command, service.install?.program ?? '')
  t.regex(programOf(service).command, /\/bin\/python$/)
  t.is(programOf(read({ ...definition, runner: '/r.sock' })).command, 'mcp-fetch')
})

test('with a runner a package is a name on the PATH, and nothing is to be installed here', (t) => {
  const runner = '/run/runners/fetch/runner.sock'
  for (const definition of [
    { pypi: 'mcp-server-fetch' },
    { npm: '@example/fetch', bin: 'mcp-server-fetch' },
  ]) {
    const service = read({ ...definition, args: ['--x'], runner }, { ...PLACE, pins: '/absent' })
    t.is(programOf(service).command, 'mcp-server-fetch')
    t.deepEqual(programOf(service).args, ['--x'])
    t.is(service.install, undefined)
    t.is(service.runner, runner)
  }
})

test('a server of ours is run by Node, wherever that is where it runs', (t) => {
  t.is(programOf(read({ native: 'main.ts' })).command, process.execPath)
  const elsewhere = programOf(read({ native: 'main.ts', runner: '/r.sock' }))
  t.is(elsewhere.command, 'node')
  t.deepEqual(elsewhere.args, [join(folder, 'main.ts')])
})

test('what may reach the public internet alone is started behind the guard', (t) => {
  const service = read({
    pypi: 'mcp-server-fetch',
    args: ['--proxy-url', '{proxy}'],
    egress: 'public',
  })
  const { command, args } = programOf(service)
  t.is(command, process.execPath)
  t.regex(args[0] ?? '', GUARD)
  t.deepEqual(args.slice(1), [
    '--',
    join(service.install?.folder ?? '', 'bin/python'),
    service.install?.program ?? '',
    '--proxy-url',
    '{proxy}',
  ])
  const elsewhere = read({ pypi: 'mcp-server-fetch', egress: 'public', runner: '/r.sock' })
  t.is(programOf(elsewhere).command, 'mcp-guard')
  t.deepEqual(programOf(elsewhere).args, ['--', 'mcp-server-fetch'])
})

test('a dependency of the project is found by its name, or by the name of its program', (t) => {
  const npm = '@modelcontextprotocol/server-memory'
  const { args } = programOf(read({ npm, bin: 'mcp-server-memory' }, { ...PLACE, pins: '/absent' }))
  t.deepEqual(args, programOf(read({ npm }, { ...PLACE, pins: '/absent' })).args)
  t.deepEqual(faultsOf({ npm, bin: 'another' }), [
    `fetch: npm package ${npm} has no program another`,
  ])
})

test('members that mean nothing for this kind of service are faults', (t) => {
  t.regex(faultsOf({ command: 'x', bin: 'y' }).join(), /bin: names the program of/)
  t.regex(faultsOf({ npm: 'x', script: 'y.py' }).join(), /script: is run by/)
  t.regex(faultsOf({ native: 'main.ts', egress: 'public' }).join(), /egress: is for programs/)
  t.regex(faultsOf({ url: 'https://x.example/mcp', egress: 'public' }).join(), /egress: is for/)
  t.regex(
    faultsOf({ npm: 'a', pypi: 'b' }).join(),
    /exactly one of command, npm, pypi, native, url/,
  )
})

for (const [member, value] of [
  ['pypi', 'mcp-server-time==1.0'],
  ['pypi', '../time'],
  ['npm', '@playwright/mcp@latest'],
  ['npm', '../../x'],
  ['bin', 'a/b'],
  ['bin', '..'],
  ['script', '../serve.py'],
]) {
  test(`${member}: ${value} is no name`, (t) => {
    t.false(serviceDefinition.safeParse({ [member ?? '']: value }).success)
  })
}
