import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readProviderSecrets } from '../../../../lib/catalogue/providers.ts'
import { faultsOf, folderWith, readYaml } from '../../../support/configuration.ts'

const OPEN = 'access: { users: ["*"] }\n'

function providersWith(...names: readonly string[]) {
  const entries = names.map(
    (name) =>
      `  ${name.toLowerCase()}: { issuer: "https://x.example", client_id: id, client_secret: "\${secret.${name}}" }\n`,
  )
  return readYaml(`${OPEN}providers:\n${entries.join('')}`).providers
}

test('secrets come from variables and from files, by the variable’s name', (t) => {
  const file = join(folderWith(''), 'b')
  writeFileSync(file, 'b~.+%/=\n')
  const secrets = readProviderSecrets(providersWith('A', 'B'), { A: 'a', B_FILE: file })
  t.deepEqual(
    [...secrets].map(([name, secret]) => [name, secret.reveal()]),
    [
      ['A', 'a'],
      ['B', 'b~.+%/='],
    ],
  )
})

test('the dev provider and public clients have none', (t) => {
  t.is(readProviderSecrets(readYaml('').providers, {}).size, 0)
  const { providers } = readYaml(
    `${OPEN}providers: { a: { issuer: "https://x.example", client_id: id } }`,
  )
  t.is(readProviderSecrets(providers, {}).size, 0)
})

test('every fault is told at once, by provider and variable, and none tells a secret', (t) => {
  const bad = {
    EMPTY: '',
    LONG: 'hush'.repeat(300),
    BLANK: 'hush hush',
    UMLAUT: 'hüsh',
    GONE_FILE: '/nowhere',
  }
  const names = Object.keys(bad).map((name) => name.replace('_FILE', ''))
  const faults = faultsOf(() => readProviderSecrets(providersWith(...names), bad))
  t.is(faults.length, names.length, faults.join('\n'))
  for (const [index, name] of names.entries()) {
    t.true(
      faults[index]?.startsWith(
        `${name}, the client secret of the provider ${name.toLowerCase()}, `,
      ),
    )
  }
  t.notRegex(faults.join('\n'), /hush|hüsh/)
})

test('GitHub’s id and secret are set both or neither', (t) => {
  const environment = { GITHUB_CLIENT_ID: 'id' }
  const { providers } = readYaml(OPEN, environment)
  t.deepEqual(
    faultsOf(() => readProviderSecrets(providers, environment)),
    ['GITHUB_CLIENT_SECRET, the client secret of the provider github, is not set'],
  )
  for (const alone of [{ GITHUB_CLIENT_SECRET: 'hush' }, { GITHUB_CLIENT_SECRET_FILE: '/x' }]) {
    t.deepEqual(
      faultsOf(() => readProviderSecrets(readYaml('').providers, alone)),
      ['GITHUB_CLIENT_SECRET is set, but GITHUB_CLIENT_ID is not: set both or neither'],
    )
  }
})

test('a GitHub of the file with a secret of its own leaves the variable alone', (t) => {
  const { providers } = readYaml(
    `${OPEN}providers: { github: { client_id: id, client_secret: "\${secret.MINE}" } }`,
  )
  const secrets = readProviderSecrets(providers, { MINE: 'mine', GITHUB_CLIENT_SECRET: 'other' })
  t.deepEqual([...secrets.keys()], ['MINE'])
})
