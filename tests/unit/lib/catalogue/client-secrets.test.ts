import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import {
  type ConfiguredClient,
  readClientSecrets,
} from '../../../../lib/catalogue/configured-client.ts'
import { ConfigError } from '../../../../lib/platform/environment.ts'

const client = (id: string, secretName: string | undefined): [string, ConfiguredClient] => [
  id,
  {
    id,
    name: undefined,
    secretName,
    authMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    services: ['echo'],
    scopes: [],
  },
]
const SECRET = 'f'.repeat(16)

test('secrets come from variables and from files; a public client has none', (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'b')
  writeFileSync(file, `${SECRET}\n`)
  const clients = new Map([client('a', 'A'), client('b', 'B'), client('c', undefined)])
  const secrets = readClientSecrets(clients, { A: 'a'.repeat(16), B_FILE: file })
  t.deepEqual(
    [...secrets].map(([id, secret]) => [id, secret.reveal()]),
    [
      ['a', 'a'.repeat(16)],
      ['b', SECRET],
    ],
  )
})

test('every fault is told at once, by client and variable, and none tells a secret', (t) => {
  const bad = {
    EMPTY: '',
    SHORT: 'hush'.repeat(3),
    LONG: 'hush'.repeat(200),
    BLANK: 'hush hush hush hush',
    PLUS: 'hush+hush+hush+hush',
    PERCENT: 'hush%20hush%20hush',
    UMLAUT: 'hüsh'.repeat(5),
    GONE_FILE: '/nowhere',
  }
  const names = Object.keys(bad).map((name) => name.replace('_FILE', ''))
  const clients = new Map(names.map((name) => client(name.toLowerCase(), name)))
  const error = t.throws(() => readClientSecrets(clients, bad), { instanceOf: ConfigError })
  t.is(error?.faults.length, names.length)
  for (const [index, name] of names.entries()) {
    t.true(error?.faults[index]?.startsWith(`${name}, the secret of client ${name.toLowerCase()},`))
  }
  t.notRegex(error?.message ?? '', /hush|hüsh/)
})
