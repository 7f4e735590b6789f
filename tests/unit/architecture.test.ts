import { glob, readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import test from 'ava'

/** Every room, and the rooms it may import from. A missing arrow is a forbidden one. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  proto: [],
  'lib/platform': [],
  'lib/mcp': [],
  'lib/oauth': ['lib/platform'],
  'lib/store': ['lib/platform', 'lib/oauth'],
  'lib/catalogue': ['lib/platform', 'lib/oauth'],
  'ext-authz': ['lib/platform', 'lib/oauth', 'lib/store', 'lib/catalogue', 'proto'],
  'oauth-server': ['lib/platform', 'lib/oauth', 'lib/store', 'lib/catalogue'],
  'mcp-bridge': ['lib/platform', 'lib/mcp', 'lib/oauth', 'lib/store', 'lib/catalogue'],
  services: ['lib/platform'],
  envoy: ['lib/platform', 'lib/oauth', 'lib/catalogue'],
  // The names to certify are the catalogue's, and change with it.
  certs: ['lib/platform', 'lib/catalogue'],
  cli: ['lib/platform', 'lib/mcp', 'lib/oauth', 'lib/store', 'lib/catalogue', 'certs'],
}

/** Of a room behind an arrow that is narrower than the room, the files that may be imported. */
const ONLY: Record<string, RegExp> = {
  'mcp-bridge -> lib/oauth': /\/(?:scope|challenge|identity-headers)\.ts$/,
}

/** Packages have one door each. */
const DOORS: Record<string, RegExp> = {
  '@grpc/grpc-js': /^ext-authz\//,
  koa: /^oauth-server\//,
  ioredis: /^(?:lib\/store|oauth-server|mcp-bridge|ext-authz|cli)\//,
  jose: /^(?:lib\/oauth|oauth-server|ext-authz)\//,
  'openid-client': /^oauth-server\/login\/providers\/oidc/,
  'age-encryption': /^cli\/(?:commands\/)?backup\//,
  '@peculiar/x509': /^certs\/making\.ts$/,
  '@opentelemetry/api': /^lib\/platform\/tracing\/opentelemetry\.ts$/,
  '@opentelemetry/sdk-trace': /^lib\/platform\/tracing\/opentelemetry\.ts$/,
}

interface Import {
  readonly file: string
  readonly target: string
}

const imports: Import[] = []
const folders = '{lib,proto,ext-authz,oauth-server,mcp-bridge,services,envoy,certs,cli}'
for await (const file of glob(`${folders}/**/*.ts`, { exclude: ['**/node_modules/**'] })) {
  const source = await readFile(file, 'utf8')
  for (const [, target = ''] of source.matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
    imports.push({ file, target })
  }
}

function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return first === 'lib' ? `lib/${second}` : first
}

function isForbidden({ file, target }: Import): boolean {
  const path = posix.normalize(posix.join(posix.dirname(file), target))
  const [from, to] = [roomOf(file), roomOf(path)]
  if (from === to) return false
  // The command line may know how a room is configured, nothing more of it.
  if (from === 'cli' && path.endsWith('/config.ts')) return false
  return !MAY_IMPORT[from]?.includes(to) || !(ONLY[`${from} -> ${to}`]?.test(path) ?? true)
}

test('imports cross rooms only along allowed arrows', (t) => {
  t.true(imports.length > 100, 'the imports were found')
  const crossings = imports.filter(({ target }) => target.startsWith('.')).filter(isForbidden)
  t.deepEqual(
    crossings.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('packages are imported only through their doors', (t) => {
  const offenders = imports.filter(({ file, target }) => !(DOORS[target]?.test(file) ?? true))
  t.deepEqual(
    offenders.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('of node:http only types are imported: an import of values would load all of fetch', async (t) => {
  const offenders: string[] = []
  for (const file of new Set(imports.map((one) => one.file))) {
    if (file === 'lib/platform/node-http.ts') continue
    const source = await readFile(file, 'utf8')
    if (
      /import (?!type )[^;]*? from ['"]node:http['"]/.test(source.replaceAll(/import type .*/g, ''))
    )
      offenders.push(file)
  }
  t.deepEqual(offenders, [])
})

test('the gRPC library is the edge’s alone, Koa the authorization server’s', (t) => {
  const roomsOf = (name: string): string[] => [
    ...new Set(imports.filter(({ target }) => target === name).map(({ file }) => roomOf(file))),
  ]
  t.deepEqual(roomsOf('@grpc/grpc-js'), ['ext-authz'])
  t.deepEqual(roomsOf('koa'), ['oauth-server'])
})
