import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  type PackageInstall,
  packagesFolder,
  toPackageInstall,
  type WantedPackage,
} from '../../../../lib/catalogue/packages.ts'

const PINS =
  'annotated-types==0.8.0 \\\n    --hash=sha256:ab\nMCP_Server.time==1.0.0 \\\n    --hash=sha256:cd\n'

function pinned(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pins-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

function wanted(pins: string, changes: Partial<WantedPackage> = {}): WantedPackage {
  const python = { kind: 'pypi', package: 'mcp-server-time' } as const
  return { ...python, bin: undefined, packages: '/packages', pins, ...changes }
}

function installOf(asked: WantedPackage): PackageInstall {
  const reading = toPackageInstall(asked)
  if ('fault' in reading) throw new Error(reading.fault)
  return reading.install
}

function faultOf(asked: WantedPackage): string {
  const reading = toPackageInstall(asked)
  return 'fault' in reading ? reading.fault : ''
}

test('the same pins give the same folder, others another', (t) => {
  const install = installOf(wanted(pinned(t, { 'requirements.txt': PINS })))
  t.regex(install.folder, /^\/packages\/mcp-server-time-[0-9a-f]{16}$/)
  t.is(install.program, join(install.folder, 'bin/mcp-server-time'))
  t.is(installOf(wanted(pinned(t, { 'requirements.txt': PINS }))).folder, install.folder)
  const changed = pinned(t, { 'requirements.txt': PINS.replace('cd', 'ef') })
  t.not(installOf(wanted(changed)).folder, install.folder)
})

test('both files of an npm package are its key, and its program has a name of its own', (t) => {
  const manifest = '{"dependencies":{"@playwright/mcp":"1.0.0"}}'
  const browser = {
    kind: 'npm',
    package: '@playwright/mcp',
    bin: 'playwright-mcp',
  } as const
  const one = pinned(t, { 'package.json': manifest, 'package-lock.json': '{"a":1}' })
  const other = pinned(t, { 'package.json': manifest, 'package-lock.json': '{"a":2}' })
  const install = installOf(wanted(one, browser))
  t.regex(install.folder, /^\/packages\/playwright-mcp-[0-9a-f]{16}$/)
  t.is(install.program, join(install.folder, 'node_modules/.bin/playwright-mcp'))
  t.not(installOf(wanted(other, browser)).folder, install.folder)
  t.is(
    installOf(wanted(one, { ...browser, bin: undefined })).program,
    join(install.folder, 'node_modules/.bin/mcp'),
  )
})

test('pins that are missing, or are another’s, are a fault that says what to do', (t) => {
  t.regex(faultOf(wanted(pinned(t, {}))), /requirements\.txt cannot be read: .*uv pip compile/)
  const others = pinned(t, { 'requirements.txt': 'mcp-server-times==1.0.0\n' })
  t.regex(faultOf(wanted(others)), /does not pin mcp-server-time$/)
})

test('packages lie in the cache of the account', (t) => {
  t.is(packagesFolder({ HOME: '/home/a' }), '/home/a/.cache/mcp-oauth-gateway/services')
  t.is(packagesFolder({ HOME: '/home/a', XDG_CACHE_HOME: '/c' }), '/c/mcp-oauth-gateway/services')
  t.is(
    packagesFolder({ HOME: '/home/a', XDG_CACHE_HOME: 'relative' }),
    '/home/a/.cache/mcp-oauth-gateway/services',
  )
})
