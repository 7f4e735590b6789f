import { join } from 'node:path'
import test from 'ava'
import { readConfiguration } from '../../../../cli/start/configuration.ts'
import { withLines } from '../../../../lib/catalogue/fault-lines.ts'
import { readGateway } from '../../../../lib/catalogue/gateway.ts'
import { ConfigError, type Environment } from '../../../../lib/platform/environment.ts'
import { folderWith } from '../../../support/configuration.ts'

const PATH = '/srv/gateway.yaml'

const located = (source: string, ...faults: string[]): string[] =>
  withLines(faults, { path: PATH, source })

function textsOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('what is found once the file is understood has file and line, as what is wrong with its shape', (t) => {
  const folder = folderWith(
    [
      'mcpServers:',
      '  mine:',
      '    command: x',
      '    env: { KEY: x,',
      '           PLACE: "${nowhere}" }',
      'clients:',
      '  a: { scopes: [x], redirect_uris: ["https://a.example/cb"] }',
      'access:',
      '  users:',
      '    - "*"',
      '    - nobody',
    ].join('\n'),
  )
  const path = join(folder, 'gateway.yaml')
  const [variable, ...faults] = textsOf(() => readGateway({ MCP_TIME_ENABLED: 'x' }, folder))
  t.regex(variable ?? '', /^MCP_TIME_ENABLED must be/)
  t.deepEqual(
    faults.map((fault) => fault.replace(/"PROVIDER.*"\*"/, '…')),
    [
      `${path}: mcpServers.mine: env.PLACE: \${nowhere} is not known here (line 5)`,
      `${path}: clients.a.scopes: means nothing without client_credentials in grant_types (line 7)`,
      `${path}: access.users.1: must be …, not "nobody" (line 11)`,
    ],
  )
})

test('what the authorization server would refuse has them, too', (t) => {
  const folder = folderWith('clients:\n  a:\n    redirect_uris: ["http://far.example/cb"]\n')
  const context = { environment: {}, workingDirectory: folder }
  t.deepEqual(
    textsOf(() => readConfiguration(context)),
    [
      `${join(folder, 'gateway.yaml')}: clients.a.redirect_uris: http://far.example/cb uses http off this machine (line 3)`,
    ],
  )
})

test('what variables or shipped services have brought in has no line of the file', (t) => {
  const environment: Environment = {
    GITHUB_CLIENT_ID: 'x',
    GITHUB_URL: 'ftp://x',
    OIDC_NAME: 'acme',
    OIDC_ISSUER: 'nowhere',
    OIDC_CLIENT_ID: 'x',
  }
  const yaml = 'access: { users: ["*"] }\nproviders:\n  github: { label: Git }\n'
  const faults = textsOf(() => readGateway(environment, folderWith(yaml)))
  t.deepEqual(
    faults.map((fault) => /^\S+:/.exec(fault)?.[0]),
    ['providers.acme.issuer:', 'providers.github.url:'],
  )
  const shipped = 'mcpServers.memory: what is wrong'
  t.deepEqual(located('mcpServers: { mine: { command: x } }', shipped), [shipped])
})

test('what is missing has the line of the entry that lacks it', (t) => {
  t.deepEqual(
    located(
      'providers:\n  okta:\n    type: oidc\nclients:\n  a: {}\n',
      'providers.okta.client_id: is not set, nor is it elsewhere',
      'clients.a.redirect_uris: at least one',
    ),
    [
      `${PATH}: providers.okta.client_id: is not set, nor is it elsewhere (line 2)`,
      `${PATH}: clients.a.redirect_uris: at least one (line 5)`,
    ],
  )
})

test('keys with dots, colons and digits are found, and of two that may be meant none is told', (t) => {
  const clients = ['"a.b"', '"c: d"', '7', 'e', '"e.scopes"']
  const source = `clients:\n${clients.map((id) => `  ${id}: { scopes: [] }\n`).join('')}`
  t.deepEqual(
    located(
      source,
      'clients.a.b.scopes: x',
      'clients.c: d: x',
      'clients.7: x',
      'clients.e.scopes: x',
    ),
    [
      `${PATH}: clients.a.b.scopes: x (line 2)`,
      `${PATH}: clients.c: d: x (line 3)`,
      `${PATH}: clients.7: x (line 4)`,
      'clients.e.scopes: x',
    ],
  )
})

test('a text that nobody has written yet has no lines', (t) => {
  const text = 'mcpServers: { www: { command: x } }\n'
  t.deepEqual(
    textsOf(() => readGateway({}, folderWith(''), { text })),
    ['mcpServers.www: the name "www" is reserved'],
  )
})
