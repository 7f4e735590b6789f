import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { findPackage } from '../../../../cli/servers/find-package.ts'
import { toPackageEntry } from '../../../../cli/servers/package-entry.ts'
import {
  createPackageLookup,
  type FoundPackage,
  newestOf,
  type PackageLookup,
  readNpmView,
  readPipInstall,
} from '../../../../cli/servers/package-lookup.ts'
import type { PackageReference } from '../../../../cli/servers/reference.ts'

const run = (exitCode: number | undefined, stdout = '', stderr = '') => ({
  exitCode,
  stdout,
  stderr,
})

test('what npm view says', (t) => {
  t.is(readNpmView(run(0, '"1.2.3"')), '1.2.3')
  t.is(readNpmView(run(0, '')), undefined)
  const missing = JSON.stringify({ error: { code: 'E404', summary: 'Not Found' } })
  t.is(readNpmView(run(1, missing)), undefined)
  const refused = JSON.stringify({ error: { code: 'E401', summary: 'Unable to authenticate' } })
  t.throws(() => readNpmView(run(1, refused)), { message: /npm could not be asked: Unable/ })
  t.throws(() => readNpmView(run(undefined, '', 'spawn npm ENOENT')), { message: /ENOENT/ })
})

for (const [versions, newest] of [
  ['1.2.3', '1.2.3'],
  [['2025.11.25', '2025.4.25'], '2025.11.25'],
  [['1.9.0', '1.10.0', '2.0.0-beta.1'], '1.10.0'],
  [['2.0.0-beta.1', '2.0.0-beta.10'], '2.0.0-beta.10'],
  [undefined, undefined],
  [[], undefined],
] as const) {
  test(`the newest of ${JSON.stringify(versions)} is ${newest}`, (t) => {
    t.is(newestOf(versions), newest)
  })
}

test('what uv and pip say', (t) => {
  const uv = run(0, '', 'Resolved 1 package in 50ms\nWould install 1 package\n + a-b==2026.10.19\n')
  t.is(readPipInstall(uv, 'a-b')?.version, '2026.10.19')
  const pip = run(0, 'Collecting a-b\nWould install a-b-2026.10.19rc1\n')
  t.is(readPipInstall(pip, 'a-b')?.version, '2026.10.19rc1')
  const none = 'ERROR: No matching distribution found for a-b'
  t.is(readPipInstall(run(1, '', none), 'a-b'), undefined)
  t.is(readPipInstall(run(1, '', 'because there is no version of a-b==9'), 'a-b'), undefined)
  t.is(readPipInstall(run(1, '', 'a-b was not found in the package registry'), 'a-b'), undefined)
  const offline = `WARNING: Retrying (Retry(total=4)) after connection broken\n${none}`
  t.throws(() => readPipInstall(run(1, '', offline), 'a-b'), { message: /PyPI could not be asked/ })
})

test('the ordinary clients are asked, with the version that was meant', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const program = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  program(
    'npm',
    `case "$*" in
      "view --json @s/x@^1 version") echo '["1.9.0", "1.10.0"]';;
      "view --json @s/x@1.10.0 bin") echo '{"one": "a.js", "x": "b.js"}';;
      *) echo "$*" >&2; exit 9;;
    esac`,
  )
  program('uv', 'echo " + y==$(echo "$*" | sed "s/.*y==//")"')
  const lookup = createPackageLookup({ PATH: `${folder}:/usr/bin:/bin` })
  t.deepEqual(await lookup.find({ registry: 'npm', name: '@s/x', version: '^1' }), {
    registry: 'npm',
    name: '@s/x',
    version: '1.10.0',
    programs: ['one', 'x'],
  })
  t.like(await lookup.find({ registry: 'pypi', name: 'y', version: '3.1' }), { version: '3.1' })
  await t.throwsAsync(lookup.find({ registry: 'npm', name: 'z', version: undefined }), {
    message: /npm could not be asked: view --json z@latest version/,
  })
})

const reference = (registry: 'npm' | 'pypi'): PackageReference => ({
  registry,
  name: 'x',
  version: undefined,
})
const found = (registry: 'npm' | 'pypi', programs?: string[]): FoundPackage => ({
  registry,
  name: 'x',
  version: '1',
  programs,
})
const having = (...registries: string[]): PackageLookup => ({
  find: async ({ registry }) => (registries.includes(registry) ? found(registry) : undefined),
})

test('a name that one registry has is that one; two are asked about, none is said', async (t) => {
  const both = [reference('npm'), reference('pypi')]
  t.like(await findPackage(both, having('pypi')), { registry: 'pypi' })
  await t.throwsAsync(findPackage(both, having('npm', 'pypi')), {
    message: /npm:x \(1\), pypi:x \(1\)/,
  })
  await t.throwsAsync(findPackage(both, having()), { message: /no x at npm or PyPI/ })
})

const npmEntry = (programs: string[], bin?: string) =>
  toPackageEntry({ ...found('npm', programs), name: '@s/x' }, { bin, args: ['--a'] }, {})

test('npx starts one exact version', (t) => {
  const plain = { command: 'npx', args: ['-y', '@s/x@1', '--a'] }
  t.deepEqual(npmEntry(['only']), plain)
  t.deepEqual(npmEntry(['other', 'x']), plain)
  t.deepEqual(npmEntry(['one', 'two'], 'two').args, ['-y', '-p', '@s/x@1', 'two', '--a'])
  t.throws(() => npmEntry(['one', 'two']), { message: /several programs: one, two/ })
  t.throws(() => npmEntry([]), { message: /no program/ })
})

test('uvx does too, else pipx, else it is said what to install', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const environment = { PATH: folder }
  const entry = (bin?: string) => toPackageEntry(found('pypi'), { bin, args: ['-v'] }, environment)
  t.throws(() => entry(), { message: /neither is on the PATH/ })
  writeFileSync(join(folder, 'pipx'), '', { mode: 0o755 })
  t.deepEqual(entry(), { command: 'pipx', args: ['run', '--spec', 'x==1', 'x', '-v'] })
  writeFileSync(join(folder, 'uvx'), '', { mode: 0o755 })
  t.deepEqual(entry(), { command: 'uvx', args: ['x==1', '-v'] })
  t.deepEqual(entry('y'), { command: 'uvx', args: ['--from', 'x==1', 'y', '-v'] })
})
