import test from 'ava'
import { toService } from '../../../../lib/catalogue/service.ts'
import {
  type ServiceDefinition,
  serviceDefinition,
} from '../../../../lib/catalogue/service-definition.ts'

const read = (definition: ServiceDefinition) =>
  toService('notes', { command: 'run', ...definition }, '/folder')

const faultsOf = (definition: ServiceDefinition): readonly string[] => {
  const reading = read(definition)
  return 'faults' in reading ? reading.faults : []
}

const KEY = { NOTES_KEY: 'Your key for the notes' }
const env = { KEY: '${secret.NOTES_KEY}' }

test('a service says which of its secrets people enter, and in which words', (t) => {
  for (const used of [{ env }, { args: ['--key=${secret.NOTES_KEY}'] }]) {
    const reading = read({ ...used, userSecrets: KEY })
    t.deepEqual('service' in reading && reading.service.userSecrets, KEY)
  }
  const reading = read({ env: { KEY: '${secret.OTHER}' } })
  t.deepEqual('service' in reading && reading.service.userSecrets, {}, 'none by itself')
})

const needsProcess = /^notes: userSecrets: needs a process for each person.*isolation/
const faulty: Record<string, [ServiceDefinition, RegExp]> = {
  'one process for all': [{ env, isolation: 'shared' }, needsProcess],
  'a name that nothing uses': [
    { env: { KEY: '${secret.NOTES_KEYS}' } },
    /^notes: userSecrets\.NOTES_KEY: is not used: write \$\{secret\.NOTES_KEY\}/,
  ],
  'a person’s text as a folder': [
    { env, folders: ['/data/${secret.NOTES_KEY}'] },
    /^notes: userSecrets\.NOTES_KEY: cannot be part of cwd or folders/,
  ],
  'a person’s text as a working directory': [
    { env, cwd: '${secret.NOTES_KEY}' },
    /^notes: userSecrets\.NOTES_KEY: cannot be part of cwd or folders/,
  ],
}
for (const [what, [definition, fault]] of Object.entries(faulty)) {
  test(`${what} is a fault`, (t) => {
    const faults = faultsOf({ ...definition, userSecrets: KEY })
    t.is(faults.length, 1)
    t.regex(faults[0] ?? '', fault)
  })
}

test('a native server, which everybody shares, has none', (t) => {
  const reading = toService('notes', { native: 'main.ts', env, userSecrets: KEY }, '/folder')
  t.regex('faults' in reading ? (reading.faults[0] ?? '') : '', needsProcess)
})

for (const name of [
  'GATEWAY_SECRET',
  'USER_SECRETS_KEY',
  'REDIS_PASSWORD',
  'OAUTH_SERVER_SECRET',
]) {
  test(`${name} is nobody's to enter, nor to name`, (t) => {
    const used = { env: { KEY: `\${secret.${name}}` } }
    t.deepEqual(faultsOf({ ...used, userSecrets: { [name]: 'x' } }), [
      `notes: env.KEY: \${secret.${name}} is not known here`,
      `notes: userSecrets.${name}: is a name of the gateway itself`,
    ])
  })
}

for (const name of ['key', '1KEY', 'A-B', '__proto__x', `A${'B'.repeat(64)}`, '']) {
  test(`"${name.slice(0, 12)}" is no name`, (t) => {
    const [fault = ''] = faultsOf({ env, userSecrets: { [name]: 'x' } })
    t.regex(fault, /must be 1 to 64 of A-Z 0-9 _/)
  })
}

test('each has words, and there are not too many', (t) => {
  for (const words of ['', '  ', 7]) {
    t.false(serviceDefinition.safeParse({ userSecrets: { KEY: words } }).success)
  }
  const names = Array.from({ length: 33 }, (_, index) => `KEY_${index}`)
  const many = {
    args: names.map((name) => `\${secret.${name}}`),
    userSecrets: Object.fromEntries(names.map((name) => [name, 'x'])),
  }
  t.deepEqual(faultsOf(many), ['notes: userSecrets: has more than 32 names'])
})

test('no secret is part of a folder that the server is told of, nor of the stop command', (t) => {
  const used = { env: { KEY: '${secret.KEY}' } }
  const told = { roots: 'fixed' as const, rootFolders: ['/srv/${secret.KEY}'] }
  const stop = { stopCommand: ['curl', '-H', 'Authorization: ${secret.KEY}'] }
  for (const userSecrets of [{}, { KEY: 'x' }]) {
    t.deepEqual(faultsOf({ ...used, ...told, userSecrets }), [
      'notes: rootFolders.0: ${secret.KEY} is not known here',
    ])
    t.deepEqual(faultsOf({ ...used, ...stop, userSecrets }), [
      'notes: stopCommand.2: ${secret.KEY} is not known here',
    ])
  }
  const known = { rootFolders: ['${data}/${user.id}'], stopCommand: ['x', '${data}/${user.id}'] }
  t.deepEqual(faultsOf({ ...used, roots: 'fixed', ...known }), [])
})
