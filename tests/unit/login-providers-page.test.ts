import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readGateway } from '../../lib/catalogue/gateway.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/login-providers.md'), 'utf8')
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => yaml)

test('every configuration that the page on login providers shows is one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const found = EXAMPLES.map((yaml) => {
    const rules = yaml.includes('access:') ? '' : 'access: { users: ["*"] }\n'
    writeFileSync(join(folder, 'gateway.yaml'), yaml + rules)
    return readGateway({}, folder).providers.map(({ name, kind }) => `${name} ${kind}`)
  })
  const names = ['google', 'microsoft', 'okta', 'keycloak', 'local']
  t.deepEqual(found, [['work github'], ...names.map((name) => [`${name} oidc`])])
})
