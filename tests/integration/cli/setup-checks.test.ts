import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createHttp } from '../../../cli/doctor/wire/http.ts'
import { Unreachable } from '../../../cli/doctor/wire/unreachable.ts'
import type { ProviderAnswer } from '../../../cli/setup/answers.ts'
import { checkGitHub } from '../../../cli/setup/checks/github.ts'
import { checkNames } from '../../../cli/setup/checks/names.ts'
import { checkOidc } from '../../../cli/setup/checks/oidc.ts'
import { checkPorts, portStateOf } from '../../../cli/setup/checks/ports.ts'
import { findingLines } from '../../../cli/setup/finding.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { startGitHub } from '../../support/github-emulator.ts'
import { startOidcUpstream } from '../../support/oidc-upstream.ts'

const CALLBACK = 'https://auth.example.com/callback/acme'

async function serve(t: ExecutionContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

test('GitHub: how it refuses a wrong code tells whether it knows the app', async (t) => {
  const github = await startGitHub()
  t.teardown(() => github.stop())
  const { clientId, url } = github
  const verdictOf = async (clientSecret: string) => {
    const client = { clientId, clientSecret: new Secret(clientSecret) }
    return (await checkGitHub(client, url)).verdict
  }
  t.is(await verdictOf(github.clientSecret), 'good')
  t.is(await verdictOf('another'), 'bad')
  github.failures.set('token', { kind: 'status', status: 404 })
  t.is(await verdictOf(github.clientSecret), 'bad')
  for (const failure of [{ kind: 'html' }, { kind: 'huge' }, { kind: 'drop' }] as const) {
    github.failures.set('token', failure)
    t.is(await verdictOf(github.clientSecret), 'doubtful', failure.kind)
  }
})

for (const authentication of ['client_secret_post', 'client_secret_basic'] as const) {
  test(`OpenID: a real provider says whether it knows the client, by ${authentication}`, async (t) => {
    const upstream = await startOidcUpstream({ redirectUris: [CALLBACK], authentication })
    t.teardown(() => upstream.stop())
    const check = async (changes: Partial<ProviderAnswer & { kind: 'oidc' }> = {}) =>
      await checkOidc(
        {
          kind: 'oidc',
          name: 'acme',
          issuer: upstream.issuer,
          clientId: upstream.clientId,
          clientSecret: new Secret(upstream.clientSecret),
          ...changes,
        },
        CALLBACK,
      )
    const verdicts = (findings: Awaited<ReturnType<typeof check>>) =>
      findings.map(({ verdict }) => verdict)
    t.deepEqual(verdicts(await check()), ['good', 'good'])
    t.deepEqual(verdicts(await check({ clientSecret: new Secret('wrong') })), ['good', 'bad'])
    t.deepEqual(verdicts(await check({ clientId: 'nobody' })), ['good', 'bad'])
    const [slashed] = await check({ issuer: `${upstream.issuer}/` })
    t.like(slashed, { verdict: 'bad', fix: 'write that one, byte for byte' })
  })
}

test('OpenID: what is no provider is told', async (t) => {
  const port = await serve(t, (_, response) => response.writeHead(404).end())
  const client = {
    kind: 'oidc',
    name: 'acme',
    issuer: `http://127.0.0.1:${port}`,
    clientId: 'a',
    clientSecret: new Secret('b'),
  } as const
  const [finding, ...more] = await checkOidc(client, CALLBACK)
  t.like(finding, { verdict: 'bad' })
  t.regex(finding?.text ?? '', /status 404/)
  t.deepEqual(more, [])
})

const here = (addresses: readonly string[], found: readonly string[] | string) => ({
  ownAddresses: () => addresses,
  resolve: async () => {
    if (typeof found === 'string') throw Object.assign(new Error(found), { code: found })
    return found.map((address) => ({ address, family: 4 }))
  },
})
const PUBLIC = '93.184.216.34'
for (const [title, ports, verdict, words] of [
  ['leads here', here([PUBLIC, '10.0.0.2'], [PUBLIC]), 'good', /leads here/],
  ['leads elsewhere', here([PUBLIC], ['93.184.216.35']), 'doubtful', /this machine is 93/],
  ['behind a router', here(['10.0.0.2'], [PUBLIC]), 'doubtful', /its router passes/],
  ['leads inside', here(['10.0.0.2'], ['10.0.0.2']), 'doubtful', /not on the internet/],
  ['is not known', here([PUBLIC], 'ENOTFOUND'), 'bad', /not known/],
  ['nobody answers', here([PUBLIC], 'ECONNREFUSED'), 'doubtful', /no name server/],
] as const) {
  test(`a name ${title}`, async (t) => {
    const findings = await checkNames('example.com', ports)
    t.deepEqual(
      findings.map(({ about }) => about),
      ['auth.example.com', 'echo.example.com'],
    )
    for (const finding of findings) {
      t.is(finding.verdict, verdict)
      t.regex(finding.text, words)
    }
  })
}

test('a fix that two have in common stands once', async (t) => {
  const lines = findingLines(await checkNames('example.com', here([PUBLIC], 'ENOTFOUND')))
  t.is(lines.filter((line) => line.includes('→')).length, 1)
  t.true(lines.at(-1)?.includes(PUBLIC))
})

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'

test('a server that switches to another protocol is told as one that cannot be reached', async (t) => {
  const port = await serve(t, ({ socket }) => void socket.end(SWITCHING))
  const asked = createHttp()({ url: `http://127.0.0.1:${port}/` })
  const error = await t.throwsAsync(asked, { instanceOf: Unreachable })
  t.regex(error.message, /another protocol \(101\)/)
})

test('a port is free, a gateway’s, or somebody’s', async (t) => {
  const stateOf = (port: number) => portStateOf(port, { mayListen: true })
  const gateway = await serve(t, (_, response) => response.writeHead(421).end())
  const other = await serve(t, (_, response) => response.writeHead(200).end())
  const silent = await serve(t, ({ socket }) => socket.destroy())
  t.is((await stateOf(gateway)).kind, 'ours')
  t.is((await stateOf(silent)).kind, 'taken')
  const switching = await serve(t, ({ socket }) => void socket.end(SWITCHING))
  t.is((await stateOf(switching)).kind, 'taken')
  const [ours, taken] = await checkPorts([gateway, other], stateOf, { isCompose: false })
  t.is(ours?.verdict, 'good')
  t.is(taken?.verdict, 'bad')
  t.regex(taken?.text ?? '', new RegExp(`process ${process.pid} `))
})
