import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Ended, run } from '../../support/gateway-process.ts'

const CLI = join(import.meta.dirname, '../../../cli')

/** A clone without packages, and how `prepare.mjs` ends there. */
function clone(t: ExecutionContext): {
  root: string
  prepare(env?: NodeJS.ProcessEnv): Promise<Ended>
} {
  const root = mkdtempSync(join(tmpdir(), 'clone-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'cli'))
  copyFileSync(join(CLI, 'prepare.mjs'), join(root, 'cli/prepare.mjs'))
  writeFileSync(join(root, 'package.json'), '{"name":"clone","version":"1.0.0"}')
  const lock = { packages: { 'node_modules/node': { version: '24.0.0' } } }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock))
  const script = join(root, 'cli/prepare.mjs')
  return {
    root,
    prepare: (env = {}) =>
      run([process.execPath, script], tmpdir(), { ...process.env, ...env }).ended,
  }
}

/** An npm that does `body`; `npm_execpath` is how npm tells its scripts where it is. */
function fakeNpm(root: string, body: string): NodeJS.ProcessEnv {
  const path = join(root, 'npm-cli.js')
  writeFileSync(path, body)
  return { npm_execpath: path }
}

/** A `node` of another version than the one that runs this, and what npm notes of it. */
function installed(root: string): void {
  mkdirSync(join(root, 'node_modules/node'), { recursive: true })
  mkdirSync(join(root, 'node_modules/.bin'))
  writeFileSync(join(root, 'node_modules/node/package.json'), '{}')
  writeFileSync(join(root, 'node_modules/.bin/node'), '#!/bin/sh\necho v24.0.0\n', { mode: 0o755 })
  const packages = { 'node_modules/node': { version: '24.0.0' } }
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
}

/** What a successful install leaves behind, with a `node` that says it is this version. */
const INSTALL = (version: string): string => `
const fs = require('fs')
fs.appendFileSync('installs', process.argv.slice(2).join(' ') + '\\n')
fs.mkdirSync('node_modules/node', { recursive: true })
fs.mkdirSync('node_modules/.bin', { recursive: true })
fs.writeFileSync('node_modules/node/package.json', '{}')
${version === '' ? '' : `fs.writeFileSync('node_modules/.bin/node', '#!/bin/sh\\necho ${version}\\n', { mode: 0o755 })`}
const packages = { 'node_modules/node': { version: '24.0.0' } }
setTimeout(() => fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages })), 300)
`

const fails = (code: string): string =>
  `console.error('npm warn Unknown user config\\nnpm error code ${code}'); process.exit(1)`

test('installs what is missing once, also when two begin at once, and then nothing more', async (t) => {
  const { root, prepare } = clone(t)
  const env = fakeNpm(root, INSTALL('v24.0.0'))
  const [one, two] = await Promise.all([prepare(env), prepare(env)])
  t.deepEqual([one.exitCode, two.exitCode], [0, 0])
  t.is(
    [one, two].filter(({ stderr }) => /\.prepare\.lock\): waiting for it/.test(stderr)).length,
    1,
  )
  const third = await prepare(env)
  t.deepEqual([third.exitCode, third.stderr], [0, ''])
  const installs = readFileSync(join(root, 'installs'), 'utf8').trimEnd().split('\n')
  t.is(installs.length, 1)
  t.regex(installs[0] ?? '', /^install --no-save --no-audit --no-fund --loglevel=error/)
  t.false(readdirSync(join(root, 'node_modules')).includes('.prepare.lock'))
})

test('who operates a gateway needs no tools of developers', async (t) => {
  const { root, prepare } = clone(t)
  const tool = { 'node_modules/tool': { version: '1.0.0', dev: true } }
  const packages = { 'node_modules/node': { version: '24.0.0' }, ...tool }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  installed(root)
  const npm = fakeNpm(root, fails('ASKED'))
  for (const npm_lifecycle_event of ['prestart', 'pregateway']) {
    const { exitCode, stderr } = await prepare({ ...npm, npm_lifecycle_event })
    t.deepEqual([exitCode, stderr], [0, ''], npm_lifecycle_event)
  }
  t.is((await prepare({ ...npm, npm_lifecycle_event: 'pretest' })).exitCode, 1)
})

const refuses = test.macro(async (t, npm: string, env: NodeJS.ProcessEnv, expected: RegExp) => {
  const { root, prepare } = clone(t)
  const { exitCode, stderr } = await prepare({ ...fakeNpm(root, npm), ...env })
  t.is(exitCode, 1)
  t.regex(stderr, expected)
  t.notRegex(stderr, /^\s+at /m)
  t.is(stderr.trimEnd().split('\n').length, 3, 'progress, its end, and one sentence')
})

test('no network', refuses, fails('ENOTFOUND'), {}, /npm cannot reach its registry/)
test('no permission', refuses, fails('EACCES'), {}, /not writable for this account/)
test('a blocked install script', refuses, INSTALL(''), {}, /not to run its install script/)
test('an old node', refuses, INSTALL('v22.1.0'), {}, /is v22\.1\.0, older than 24/)
test('an install that leaves something out', refuses, '', {}, /left something out/)
test('no npm', refuses, '', { npm_execpath: '', PATH: '/nowhere' }, /npm is not on PATH/)

test('a folder that cannot be written', async (t) => {
  const { root, prepare } = clone(t)
  writeFileSync(join(root, 'node_modules'), 'in its place')
  const { exitCode, stderr } = await prepare()
  t.is(exitCode, 1)
  t.regex(stderr, /^Packages cannot be installed: \S+ is not writable .*\n$/)
})
