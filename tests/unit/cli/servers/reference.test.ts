import test from 'ava'
import { readReference } from '../../../../cli/servers/reference.ts'
import {
  requireName,
  suggestName,
  suggestNameOfImage,
  suggestNameOfUrl,
} from '../../../../cli/servers/server-name.ts'

const npm = (name: string, version?: string) => ({ registry: 'npm', name, version })
const pypi = (name: string, version?: string) => ({ registry: 'pypi', name, version })
const packages = (...candidates: object[]) => ({ kind: 'package', candidates })

for (const [text, meant] of [
  ['https://mcp.example.com/mcp', { kind: 'url', url: 'https://mcp.example.com/mcp' }],
  ['HTTP://localhost:3000', { kind: 'url', url: 'HTTP://localhost:3000' }],
  ['npm:memory', packages(npm('memory'))],
  ['npm:@scope/server@1.2.3', packages(npm('@scope/server', '1.2.3'))],
  ['npm:server@^2', packages(npm('server', '^2'))],
  ['@scope/server', packages(npm('@scope/server'))],
  ['pypi:mcp-server-time==2026.1', packages(pypi('mcp-server-time', '2026.1'))],
  ['mcp-server-time==1', packages(pypi('mcp-server-time', '1'))],
  ['pypi:Mixed.Case_x@3', packages(pypi('Mixed.Case_x', '3'))],
  ['either', packages(npm('either'), pypi('either'))],
  ['either@1', packages(npm('either', '1'), pypi('either', '1'))],
  ['image:time', { kind: 'image', image: 'time' }],
  ['mcp/time', { kind: 'image', image: 'mcp/time' }],
  ['ghcr.io/a/b:1.2', { kind: 'image', image: 'ghcr.io/a/b:1.2' }],
  [
    `image:localhost:5000/x@sha256:${'a'.repeat(64)}`,
    { kind: 'image', image: `localhost:5000/x@sha256:${'a'.repeat(64)}` },
  ],
] as const) {
  test(`${text} is understood`, (t) => t.deepEqual(readReference(text) as object, meant))
}

for (const text of [
  '',
  '-y',
  'npm:',
  'npm:--registry=evil',
  'npm:x@--y',
  'pypi:x==1; rm',
  'pypi:a/b',
  'image:../x',
  'image:-v',
  'ftp://x',
  'a b',
]) {
  test(`"${text}" is none: it can never become an option of a program`, (t) => {
    t.throws(() => readReference(text), { message: /is no package, image or address/ })
  })
}

for (const [text, name] of [
  ['@modelcontextprotocol/server-memory', 'memory'],
  ['mcp-server-time', 'time'],
  ['@upstash/context7-mcp', 'upstash-context7'],
  ['mcp-server', 'mcp-server'],
  ['Some_Thing', 'some-thing'],
] as const) {
  test(`${text} is called ${name}`, (t) => t.is(suggestName(text), name))
}

test('addresses and images have names too', (t) => {
  t.is(suggestNameOfUrl('https://mcp.linear.app/sse'), 'linear')
  t.is(suggestNameOfUrl('https://docs.mcp.example.co/x'), 'docs-example')
  t.is(suggestNameOfUrl('http://localhost:1/mcp'), 'localhost')
  t.is(suggestNameOfImage('ghcr.io/github/github-mcp-server:v1'), 'github')
  t.is(suggestNameOfImage(`localhost:5000/mcp-x@sha256:${'a'.repeat(64)}`), 'x')
})

test('what cannot be a name is said, with one that can', (t) => {
  t.is(requireName('notes'), 'notes')
  for (const name of ['Notes', '-x', 'oauth', 'token', '', 'a'.repeat(64)]) {
    t.throws(() => requireName(name), { message: /The name/ }, name)
  }
})
