/** The judge finds what is gone: a made-up gateway loses one thing after the other. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { introspect } from '../../chaos/clients/introspect.ts'
import { Member } from '../../chaos/clients/member.ts'
import { judgeAcknowledged } from '../../chaos/judge/judge.ts'
import { judgeInventory, judgeOutage, judgeStore } from '../../chaos/judge/judge-world.ts'
import { Ledger } from '../../chaos/ledger/ledger.ts'

/** What the made-up gateway has lost. */
type Lost =
  | 'nothing'
  | 'registration'
  | 'grant'
  | 'consent'
  | 'revocation'
  | 'revocation at the edge'
  | 'token'

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: object
}

interface Asked {
  readonly form: URLSearchParams
  readonly query: URLSearchParams
  readonly token: string | undefined
}

const mint = (jti: string, endpoint: string): Promise<string> =>
  new SignJWT({ jti, grant_id: `of-${jti}`, client_id: 'client', sub: 'dev:ann', aud: endpoint })
    .setExpirationTime('1h')
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new Uint8Array(32))

async function startFake(t: ExecutionContext, lost: () => Lost) {
  const fake: { revoked: string; good: string } = { revoked: '', good: '' }
  const hasLost = (one: Lost): boolean => lost() === one
  const isBad = (token: string | null | undefined, revocation: Lost): boolean =>
    token === fake.revoked ? !hasLost(revocation) : hasLost('token')
  const endpoints: Readonly<Record<string, (asked: Asked) => Answer>> = {
    '/register/client': () => ({ status: hasLost('registration') ? 401 : 200 }),
    '/token': () => ({
      status: hasLost('grant') ? 400 : 200,
      body: { access_token: fake.good, refresh_token: 'next' },
    }),
    '/introspect': ({ form }) => ({
      status: 200,
      body: { active: !isBad(form.get('token'), 'revocation') },
    }),
    '/authorize': ({ query }) =>
      query.get('prompt') === 'none' && hasLost('consent')
        ? { status: 303 }
        : { status: 303, headers: { location: 'https://app.example/callback?code=a' } },
    '/echo/mcp': ({ token }) => ({ status: isBad(token, 'revocation at the edge') ? 401 : 200 }),
  }
  const answers = (request: IncomingMessage, form: URLSearchParams): Answer => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://localhost')
    const token = request.headers.authorization?.slice('Bearer '.length)
    return endpoints[pathname]?.({ form, query, token }) ?? { status: 404 }
  }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    request.on('data', (chunk) => {
      text += String(chunk)
    })
    request.on('end', () => {
      const { status, headers = {}, body = {} } = answers(request, new URLSearchParams(text))
      response.writeHead(status, headers).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fake }
}

/** Everything once: registered, approved, logged in, and another token revoked long ago. */
async function toWorld(t: ExecutionContext, lost: () => Lost) {
  const { url, fake } = await startFake(t, lost)
  const endpoint = `${url}/echo/mcp`
  Object.assign(fake, {
    good: await mint('good', endpoint),
    revoked: await mint('revoked', endpoint),
  })
  let now = 0
  const ledger = new Ledger(() => now)
  const member = new Member('ann', url, ledger)
  member.registered = { client_id: 'client', client_secret: 'secret' }
  ledger.registered({ clientId: 'client', secret: 'secret', managementToken: 'management' })
  await member.authorize(endpoint)
  member.held = { accessToken: fake.good, refreshToken: 'first', grantedAt: 0 }
  ledger.accessIssued(fake.good, 0)
  ledger.accessIssued(fake.revoked, 0)
  ledger.revoking('token', 'revoked')()
  now = 10_000
  return { url, ledger, member, fake }
}

const CASES: readonly (readonly [Lost, readonly string[]])[] = [
  ['nothing', []],
  ['registration', ['registration-lost']],
  ['grant', ['grant-lost']],
  ['consent', ['consent-lost']],
  ['revocation', ['revocation-lost']],
  ['revocation at the edge', ['revoked-accepted']],
  ['token', ['good-refused', 'good-refused']],
]

for (const [lost, invariants] of CASES) {
  test(`lost: ${lost}`, async (t) => {
    const { url, ledger, member } = await toWorld(t, () => lost)
    const told = await judgeAcknowledged(url, ledger, [member])
    t.deepEqual(
      ledger.violations.map(({ invariant }) => invariant),
      invariants,
    )
    t.deepEqual(told, [
      '1 registrations read',
      '1 consents remembered',
      '2 access tokens tried, of which 1 were revoked',
      '1 grants refreshed',
    ])
  })
}

test('a refresh that is refused without a reason is a grant that was lost', async (t) => {
  const { ledger, member } = await toWorld(t, () => 'grant')
  const { held } = member
  if (held === undefined) throw new Error('not held')
  await t.throwsAsync(member.refresh(held))
  t.deepEqual(
    ledger.violations.map(({ invariant }) => invariant),
    ['grant-lost'],
  )
})

test('on the way a client asks what its tokens are worth', async (t) => {
  for (const [lost, which, invariants] of [
    ['nothing', 'good', []],
    ['nothing', 'revoked', []],
    ['token', 'good', ['good-refused']],
    ['revocation', 'revoked', ['revocation-lost']],
  ] as const) {
    const { ledger, member, fake } = await toWorld(t, () => lost)
    await introspect(member, fake[which])
    t.deepEqual(
      ledger.violations.map(({ invariant }) => invariant),
      [...invariants],
      `${lost}: ${which}`,
    )
  }
})

const inventory = (processes: object, descriptors: object, zombies = 0) => ({
  processes: new Map<string, number>(Object.entries(processes)),
  descriptors: new Map<string, number>(Object.entries(descriptors)),
  zombies,
})

test('processes and descriptors that were not there at first', (t) => {
  const before = inventory({ bridge: 1, envoy: 1 }, { bridge: 40, envoy: 90 })
  const foundIn = (after: ReturnType<typeof inventory>): string[] => {
    const ledger = new Ledger(() => 0)
    judgeInventory(before, after, ledger)
    return ledger.violations.map(({ invariant }) => invariant)
  }
  t.deepEqual(foundIn(before), [])
  const [bridge, envoy] = [1, 1]
  t.deepEqual(foundIn(inventory({ bridge, envoy }, { bridge: 56, envoy: 20 })), [])
  t.deepEqual(foundIn(inventory({ bridge: 2, envoy }, {})), ['process-unaccounted'])
  t.deepEqual(foundIn(inventory({ bridge }, {})), ['process-unaccounted'])
  t.deepEqual(foundIn(inventory({ bridge, envoy, child: 1 }, {})), ['process-unaccounted'])
  t.deepEqual(foundIn(inventory({ bridge, envoy }, {}, 1)), ['process-unaccounted'])
  t.deepEqual(foundIn(inventory({ bridge, envoy }, { bridge: 57 })), ['descriptor-unaccounted'])
})

const SOUND = `loading:0\r\naof_enabled:1\r\naof_last_write_status:ok\r\naof_last_bgrewrite_status:ok\r\nrdb_last_bgsave_status:ok\r\n`

test('a store that cannot write, and an outage without an end', (t) => {
  const ledger = new Ledger(() => 0)
  judgeStore(SOUND, ledger)
  judgeOutage('envoy killed', 400, ledger)
  t.deepEqual(ledger.violations, [])
  judgeStore(SOUND.replace('write_status:ok', 'write_status:err'), ledger)
  judgeOutage('envoy killed', undefined, ledger)
  t.deepEqual(
    ledger.violations.map(({ invariant }) => invariant),
    ['store-unsound', 'outage-too-long'],
  )
})
