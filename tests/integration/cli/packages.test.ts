/** Packages of services, by the real pip and npm, from files of the test's own. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../cli/cli-error.ts'
import { installPackages } from '../../../cli/embedded/packages/install-packages.ts'
import { prepareServices } from '../../../cli/embedded/packages/prepare-services.ts'
import type { PackageInstall } from '../../../lib/catalogue/packages.ts'
import { type Service, toService } from '../../../lib/catalogue/service.ts'
import { needs } from '../../support/needs.ts'
import { makeTinyTarball, makeTinyWheel, type TinyPackage } from '../../support/tiny-packages.ts'

const INSTALLER = join(import.meta.dirname, '../../../cli/embedded/packages/install-packages.ts')

interface Bench {
  readonly service: Service
  readonly install: PackageInstall
  /** What was begun, and notes. */
  readonly told: string[]
  run(environment?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>
  /** What lies beside the installs. */
  left(): string[]
}

const python = needs('python')

async function bench(
  t: ExecutionContext,
  kind: 'pypi' | 'npm',
  make: (folder: string) => TinyPackage | Promise<TinyPackage>,
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const { pins, environment } = await make(folder)
  const packages = join(folder, 'installed')
  const reading = toService('tiny', { [kind]: 'tiny-server' }, pins, { pins, packages })
  if ('faults' in reading || reading.service.install === undefined) {
    throw new Error(JSON.stringify(reading))
  }
  const { service } = reading
  const told: string[] = []
  const own = { PATH: process.env['PATH'], HOME: folder, PIP_RETRIES: '1' }
  return {
    service,
    install: reading.service.install,
    told,
    async run(changes = {}, signal = new AbortController().signal) {
      await installPackages(new Map([['tiny', service]]), {
        environment: { ...own, ...environment, ...changes },
        progress: {
          note: (text) => void told.push(text),
          begin: (what) => {
            told.push(what)
            return { end: () => {} }
          },
        },
        signal,
      })
    },
    left: () => (existsSync(packages) ? readdirSync(packages) : []),
  }
}

/** What the service's program prints, started as the bridge would. */
function printed({ launch }: Service): string {
  if (launch.kind === 'remote') throw new Error('no program')
  return execFileSync(launch.command, [...launch.args], { encoding: 'utf8' })
}

python('a Python package is installed once, runs, and is left alone from then on', async (t) => {
  const { service, install, run, told, left } = await bench(t, 'pypi', makeTinyWheel)
  await run()
  t.is(printed(service), `tiny ${install.folder}\n`)
  t.deepEqual(told, ['installing tiny (tiny-server)'])
  t.deepEqual(left(), [basename(install.folder)])
  await run({ PATH: '/nowhere' })
  t.is(told.length, 1)
})

python('what has another hash than the pinned one is not installed', async (t) => {
  const { run, left } = await bench(t, 'pypi', (folder) => {
    const tiny = makeTinyWheel(folder)
    const other = `tiny-server==1.0 --hash=sha256:${'0'.repeat(64)}\n`
    writeFileSync(join(tiny.pins, 'requirements.txt'), other)
    return tiny
  })
  const error = await t.throwsAsync(run(), { instanceOf: CliError })
  t.regex(error?.message ?? '', /^tiny: tiny-server could not be installed: .*pinned hash/)
  t.regex(error?.nextStep ?? '', /requirements\.txt.*MCP_TINY_ENABLED=false/)
  t.deepEqual(left(), [])
})

python('without a network it says so', async (t) => {
  const { run, left } = await bench(t, 'pypi', makeTinyWheel)
  const offline = {
    PIP_NO_INDEX: '',
    PIP_FIND_LINKS: '',
    PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
  }
  await t.throwsAsync(run(offline), { message: /the package index cannot be reached/ })
  t.deepEqual(left(), [])
  const emptied = { PIP_FIND_LINKS: '' }
  await t.throwsAsync(run(emptied), { message: /has no tiny-server==1\.0 that fits this machine/ })
})

python('what an install that was killed left behind is cleared away', async (t) => {
  const { service, install, run, left } = await bench(t, 'pypi', makeTinyWheel)
  const [gone] = await endedProcess()
  mkdirSync(`${install.folder}.part-abc/target`, { recursive: true })
  writeFileSync(`${install.folder}.lock`, String(gone))
  mkdirSync(join(install.folder, 'bin'), { recursive: true })
  await run()
  t.regex(printed(service), /^tiny/)
  t.deepEqual(left(), [basename(install.folder)])
})

python('an install whose Python has gone is made anew', async (t) => {
  const { service, install, run } = await bench(t, 'pypi', makeTinyWheel)
  await run()
  const link = join(install.folder, 'bin/python')
  rmSync(link)
  symlinkSync('/nowhere/python3', link)
  await run()
  t.regex(printed(service), /^tiny/)
})

python('of two gateways one installs, and both find it', async (t) => {
  const { service, install, left } = await bench(t, 'pypi', makeTinyWheel)
  const wheels = join(dirname(install.pins), 'wheels')
  const outputs = await Promise.all([1, 2].map(() => installElsewhere(service, wheels)))
  t.is(outputs.join('').match(/begun/g)?.length, 1, outputs.join(''))
  t.regex(printed(service), /^tiny/)
  t.deepEqual(left(), [basename(install.folder)])
})

test('an end in the middle of an install ends it, and leaves nothing', async (t) => {
  const { run, left } = await bench(t, 'npm', makeTinyTarball)
  const ending = new AbortController()
  const slow = mkdtempSync(join(tmpdir(), 'slow-'))
  t.teardown(() => rmSync(slow, { recursive: true, force: true }))
  writeFileSync(join(slow, 'npm'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
  const running = run({ PATH: `${slow}:/usr/bin:/bin` }, ending.signal)
  setTimeout(() => ending.abort(new Error('told to end')), 300)
  await t.throwsAsync(running, { message: 'told to end' })
  t.deepEqual(left(), [])
})

test('an end while another gateway installs is not waited for', async (t) => {
  const { install, run, told, left } = await bench(t, 'npm', makeTinyTarball)
  const lock = `${install.folder}.lock`
  mkdirSync(dirname(lock), { recursive: true })
  // Of a process that lives: whoever started the tests.
  writeFileSync(lock, String(process.ppid))
  const ending = new AbortController()
  setTimeout(() => ending.abort(new Error('told to end')), 300)
  await t.throwsAsync(run({}, ending.signal), { message: 'told to end' })
  t.regex(told[0] ?? '', /another gateway installs tiny-server/)
  t.deepEqual(left(), [basename(lock)])
})

test('neither Python nor uv is told, with what to install', async (t) => {
  const fake = (folder: string): TinyPackage => {
    writeFileSync(join(folder, 'requirements.txt'), 'tiny-server==1.0 --hash=sha256:00\n')
    return { pins: folder, environment: { PATH: '/nowhere' } }
  }
  const error = await t.throwsAsync((await bench(t, 'pypi', fake)).run(), { instanceOf: CliError })
  t.regex(error?.message ?? '', /needs Python 3\.10 or newer with pip 22\.3 or newer, or uv/)
  t.regex(error?.nextStep ?? '', /python3-pip/)
})

test('an npm package is installed as its lock says, and no script of it runs', async (t) => {
  const { service, install, run, left, told } = await bench(t, 'npm', makeTinyTarball)
  await run()
  t.is(printed(service), 'tiny\n')
  t.false(existsSync(join(install.folder, 'node_modules/tiny-server/ran')))
  t.deepEqual(left(), [basename(install.folder)])
  await run({ PATH: '/nowhere' })
  t.is(told.length, 1)
})

test('an npm package that is not the locked one is not installed', async (t) => {
  const { run, left } = await bench(t, 'npm', async (folder) => {
    const tiny = await makeTinyTarball(folder)
    tiny.replace()
    return tiny
  })
  const error = await t.throwsAsync(run(), { instanceOf: CliError })
  t.regex(error?.message ?? '', /^tiny: tiny-server could not be installed: .*EINTEGRITY/s)
  t.deepEqual(left(), [])
})

test('a folder that cannot be written is named, with the variable for another', async (t) => {
  const { install, run } = await bench(t, 'npm', makeTinyTarball)
  writeFileSync(dirname(install.folder), 'a file in its place')
  const error = await t.throwsAsync(run(), { instanceOf: CliError })
  t.regex(error?.message ?? '', /installed is not writable/)
  t.regex(error?.nextStep ?? '', /GATEWAY_PACKAGES_DIR/)
})

test('a program of the machine that a service needs is looked for first', async (t) => {
  const reading = toService('tmux', { command: 'x', requires: ['sh', 'no-such-program'] }, '/')
  if ('faults' in reading) throw new Error(reading.faults.join())
  const installing = {
    environment: { PATH: process.env['PATH'] },
    progress: { note: () => {}, begin: () => ({ end: () => {} }) },
    signal: new AbortController().signal,
  }
  const { service } = reading
  const error = await t.throwsAsync(prepareServices(new Map([['tmux', service]]), installing))
  t.is(error?.message, 'tmux: what it needs is not on PATH: no-such-program.')
  const elsewhere = { ...service, runner: '/run/runner.sock' }
  await t.notThrowsAsync(prepareServices(new Map([['tmux', elsewhere]]), installing))
})

test('a browser may have another of its names, or be named by the operator', async (t) => {
  const reading = toService('playwright', { command: 'x', requires: ['chromium'] }, '/')
  if ('faults' in reading) throw new Error(reading.faults.join())
  const services = new Map([['playwright', reading.service]])
  const prepareWith = (environment: Readonly<Record<string, string>>) =>
    prepareServices(services, {
      environment,
      progress: { note: () => {}, begin: () => ({ end: () => {} }) },
      signal: new AbortController().signal,
    })
  const folder = mkdtempSync(join(tmpdir(), 'browser-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const browser = join(folder, 'chromium-browser')
  const error = await t.throwsAsync(prepareWith({ PATH: folder }), { instanceOf: CliError })
  t.is(error?.message, 'playwright: what it needs is not on PATH: chromium.')
  t.regex(error?.nextStep ?? '', /set CHROMIUM_BIN.*MCP_PLAYWRIGHT_ENABLED=false/)
  writeFileSync(browser, '', { mode: 0o700 })
  await t.notThrowsAsync(prepareWith({ PATH: folder }))
  await t.notThrowsAsync(prepareWith({ PATH: '', CHROMIUM_BIN: browser }))
})

/** The id of a process that is no more. */
async function endedProcess(): Promise<[number | undefined]> {
  const child = spawn('true')
  await once(child, 'exit')
  return [child.pid]
}

/** The same in a process of its own: a lock is a process's. */
async function installElsewhere(service: Service, wheels: string): Promise<string> {
  const program = `
    import { installPackages } from ${JSON.stringify(INSTALLER)}
    await installPackages(new Map([['tiny', ${JSON.stringify(service)}]]), {
      environment: process.env,
      progress: { note() {}, begin: () => (console.log('begun'), { end() {} }) },
      signal: new AbortController().signal,
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  return code === 0 ? output : `failed with ${code}: ${output}`
}
