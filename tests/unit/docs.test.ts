import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { stalePages } from '../../docs/generate.ts'
import { gatewayFile } from '../../lib/catalogue/gateway-file.ts'
import { readYaml } from '../support/configuration.ts'

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const REMOTE = readFileSync(join(import.meta.dirname, '../../docs/remote.md'), 'utf8')
const EXAMPLES = [...README.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => yaml)

test('generated pages are what the code says (npm run docs)', (t) => {
  t.deepEqual(stalePages(), [])
})

test('every configuration that the README shows is one', (t) => {
  t.true(EXAMPLES.length >= 5)
  for (const yaml of EXAMPLES) t.notThrows(() => gatewayFile.parse(parse(yaml)), yaml)
})

test('every service that docs/remote.md shows is one', (t) => {
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(REMOTE) ?? []
  const { services } = readYaml(yaml)
  for (const name of ['docs', 'search', 'notes', 'reports']) {
    t.is(services.get(name)?.launch.kind, 'remote')
  }
})

test('the README’s providers and rules belong together', (t) => {
  const shown = EXAMPLES.filter((yaml) => /^(?:providers|access):/.test(yaml))
  const { providers, access } = readYaml(shown.join(''), { GITHUB_CLIENT_ID: 'id' })
  t.deepEqual(
    providers.map(({ name, kind }) => `${name} ${kind}`),
    ['google oidc', 'microsoft oidc', 'okta oidc', 'keycloak oidc', 'github github'],
  )
  t.is(access.gateway?.length, 7)
  t.is(access.services.get('memory')?.length, 2)
})
