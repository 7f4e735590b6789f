/** gateway.yaml, and ages on the command line: what is wrong is said in words, and nothing else happens. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { CommanderError } from 'commander'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { isOlder, parseAge } from '../../cli/administration/filters.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import { fuzz } from './harness/fuzz.ts'

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const ENVIRONMENT = { NIGHTLY: 'n'.repeat(32), DOCS: 'd'.repeat(32) }
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}
const WELL = {
  mcpServers: {
    time: {
      command: 'node',
      args: ['server.js', '--data=${data}/${user.id}'],
      env: { A: 'b' },
      isolation: 'user',
    },
    docs: {
      url: 'https://mcp.example.com/mcp',
      headers: { Authorization: 'Bearer ${secret.DOCS}' },
    },
    echo: { tools: { allow: ['echo*'] }, scopes: { write: 'Change things' } },
  },
  clients: {
    nightly: {
      client_secret: '${secret.NIGHTLY}',
      grant_types: ['client_credentials'],
      services: ['echo'],
    },
    signs: { jwks: { keys: [KEY] }, redirect_uris: ['https://client.test/cb'] },
  },
  access: { users: ['*'], services: { echo: { users: ['dev:alice'] } } },
  branding: { name: 'Ours' },
}
const PATHS = [
  'mcpServers',
  'mcpServers.time.args',
  'mcpServers.time.env',
  'mcpServers.time.isolation',
  'mcpServers.time.cwd',
  'mcpServers.time.limits',
  'mcpServers.docs.url',
  'mcpServers.docs.headers.Authorization',
  'mcpServers.docs.oauth',
  'mcpServers.echo.tools',
  'mcpServers.echo.scopes.write',
  'mcpServers.__proto__',
  'mcpServers.constructor',
  'mcpServers.a name',
  'clients.nightly.client_secret',
  'clients.signs.jwks.keys.0',
  'clients.signs.redirect_uris',
  'clients.toString',
  'access.users',
  'access.services.echo',
  'access.services.nothing',
  'providers',
  'providers.okta',
  'branding.name',
  'branding.logo',
  '__proto__',
]
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    '${secret.NOTHING}',
    '${user.id}',
    '${',
    '${a}${b}',
    '*',
    'https://[::1]:99999/',
    'file:///etc/passwd',
    ['*@example.com', 'github:x', ':'],
    { type: 'oidc', issuer: 'x' },
    { type: 'github' },
    -1,
    Number.POSITIVE_INFINITY,
  ),
)

/** A copy in which one place says something else. */
function replace(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by
  const held = Object.entries((value ?? {}) as object)
  const own = held.find(([name]) => name === first)?.[1]
  const entries = [
    ...held.filter(([name]) => name !== first),
    [first, replace(own, rest, by)] as const,
  ]
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries)
}

const file = fc
  .array(fc.tuple(fc.constantFrom(...PATHS), odd), { maxLength: 3 })
  .map((changes) =>
    changes.reduce<unknown>((all, [path, value]) => replace(all, path.split('.'), value), WELL),
  )

fuzz('fuzz-gateway-file', {
  corpus: 'configuration',
  words: [
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!!set ',
    '? ',
    '- ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '\t',
    '${secret.',
    '${user.id}',
    'clients:\n',
    '{',
    '[&a [*a,*a]]',
  ],
  grammar: fc.oneof(
    file.map((one) => stringify(one)),
    file.map((one) => JSON.stringify(one)),
  ),
  check(bytes) {
    try {
      const read = readGateway(ENVIRONMENT, folder, { text: bytes.toString('utf8') })
      // Whoever compares two of them, or changes one, writes it down.
      JSON.stringify([...read.definitions])
    } catch (error) {
      assert.ok(error instanceof ConfigError, error instanceof Error ? error.stack : String(error))
      assert.ok(error.faults.length > 0)
      for (const fault of error.faults) {
        assert.doesNotMatch(fault, /\n\s+at |\[object |undefined is|is not a function|n{32}|d{32}/)
      }
      return 'refused'
    }
    return 'taken'
  },
  outcomes: ['taken', 'refused'],
})

fuzz('fuzz-ages', {
  corpus: 'ages',
  grammar: fc.oneof(
    fc
      .tuple(fc.nat(), fc.constantFrom('s', 'm', 'h', 'd', 'w', 'y', ''))
      .map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  ),
  check(bytes) {
    try {
      const age = parseAge(bytes.toString('utf8'))
      assert.match(bytes.toString('utf8'), /^[0-9]{1,6}[smhdw]$/)
      assert.ok(Number.isSafeInteger(age) && age > 0)
      assert.equal(isOlder(new Date(0).toISOString(), age, age), false)
      assert.equal(isOlder(new Date(0).toISOString(), age, age + 1), true)
    } catch (error) {
      assert.ok(error instanceof CommanderError, String(error))
      return 'refused'
    }
    return 'age'
  },
  outcomes: ['age', 'refused'],
})
