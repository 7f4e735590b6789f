import test from 'ava'
import { gatewayFile, parseYaml } from '../../../../lib/catalogue/gateway-file.ts'

const faultsOf = (source: string): readonly string[] =>
  parseYaml(source, 'gateway.yaml', gatewayFile).faults

const BOMB = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat(
    [...'bcdefgh'].map((name, at) => `${name}: &${name} [${`*${'abcdefg'[at]}, `.repeat(9)}]`),
  )
  .join('\n')

for (const [title, source, fault] of [
  ['a star without quotes', 'access: { users: [*@example.com] }', /needs quotes$/],
  ['an alias of nothing', 'mcpServers: *nothing', /nothing.*needs quotes$/],
  ['what grows without end', BOMB, /Excessive alias count/],
  [
    'what stands within itself',
    'clients: { c: { jwks: { keys: [&k { kty: EC, more: *k }] } } }',
    /^gateway\.yaml: an alias stands within what it names$/,
  ],
  [
    'a name that JavaScript swallows',
    'mcpServers: { __proto__: { command: x } }',
    /__proto__: nothing/,
  ],
  ['a merge key', 'x: &x { command: x }\nmcpServers: { a: { <<: *x } }', /<<: merge keys are not/],
  ['more than any configuration', `# ${'x'.repeat(300_000)}`, /^gateway\.yaml: it is larger than/],
  [
    'a second document',
    'mcpServers: {}\n---\naccess: {}\n',
    /Source contains multiple documents, and is to be one at line 2, column 1/,
  ],
  ['a text', 'mcpServers', /^gateway\.yaml: the file: Invalid input: expected object/],
] as const) {
  test(`${title} is a fault of the file, in words`, (t) => {
    const faults = faultsOf(source)
    t.is(faults.length, 1)
    t.regex(faults[0] ?? '', fault)
  })
}

test('an alias of something before it is what it names', (t) => {
  const source = 'mcpServers: { a: &a { command: node }, b: *a }'
  t.deepEqual(parseYaml(source, 'gateway.yaml', gatewayFile).content?.mcpServers, {
    a: { command: 'node' },
    b: { command: 'node' },
  })
})

test('a fault of the content has the line of what it is about', (t) => {
  const source = [
    '# mine',
    'base: &base',
    '  command: x',
    '  idle: lots',
    'mcpServers:',
    '  a: { comand: x }',
    '  b:',
    '    idle: many',
    '    args:',
    '      - ok',
    '      - [1]',
    '  c: *base',
    'clients: { d: { jwks: {} } }',
  ].join('\n')
  const lines = faultsOf(source).map((fault) =>
    /^gateway\.yaml: (.*?): .* \((line \d+)\)$/.exec(fault),
  )
  t.deepEqual(Object.fromEntries(lines.map((found) => [found?.[1], found?.[2]])), {
    'the file': 'line 2',
    'mcpServers.a': 'line 6',
    'mcpServers.b.idle': 'line 8',
    'mcpServers.b.args.1': 'line 11',
    'mcpServers.c.idle': 'line 12',
    'clients.d.jwks.keys': 'line 13',
  })
})

test('an empty file says nothing', (t) => {
  t.deepEqual(parseYaml('', 'gateway.yaml', gatewayFile).content, {})
})

test('of many faults of the syntax the first are told, and how many more there are', (t) => {
  const faults = faultsOf('a: b\n'.repeat(1000))
  t.is(faults.length, 21)
  t.is(faults.at(-1), 'gateway.yaml: and 979 more')
})
