/** Access that ends while a tool call runs and a stream is open, through the whole gateway. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { fixture } from '../support/bridge.ts'
import { formWith } from '../support/forms.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { form, sendOverNetwork } from '../support/http.ts'
import { allEvents, json, open, type RpcBody, rpc, send } from '../support/mcp.ts'
import { callService, onceRevoked } from '../support/mcp-call.ts'
import { createOAuthClient, type Registered } from '../support/oauth-client.ts'
import { readTokens, type Tokens } from '../support/obtain-tokens.ts'
import { createPerson, type Person } from '../support/person.ts'
import type { FetchLike } from '../support/socket-fetch.ts'
import { verifiesAlone } from '../support/verifies.ts'

const WITHIN_MS = 5000

const people = (...names: string[]): string =>
  stringify({
    mcpServers: { all: fixture('echoes.ts', { isolation: 'shared' }) },
    access: { users: names.map((name) => `dev:${name}`) },
  })

interface Guest {
  readonly person: Person
  readonly client: Registered
  readonly tokens: Tokens
  readonly call: Promise<RpcBody>
  readonly stream: Response
  /** Whether the edge lets the token in, and the session is still there. */
  status(): Promise<number>
}

verifiesAlone('revoked-while-running', async (t) => {
  t.timeout(120_000)
  const gateway = await startGateway({
    asShipped: true,
    file: people('alice', 'bob', 'carol', 'dora'),
  })
  t.teardown(() => gateway.remove())
  const oauth = createOAuthClient(sendOverNetwork, gateway.url)
  const endpoint = `${gateway.url}/all/mcp`

  /** Logs in, opens a session in the one process of all, a stream and a call that takes its time. */
  const arrive = async (username: string, ms: number): Promise<Guest> => {
    const client = await oauth.register()
    const person = createPerson(sendOverNetwork)
    const { url, verifier } = oauth.begin(client.client_id, { resource: endpoint })
    const redirect = await person.authorize(url, { username })
    const tokens = readTokens(
      await oauth.token({
        grant_type: 'authorization_code',
        code: redirect.searchParams.get('code') ?? '',
        code_verifier: verifier,
        redirect_uri: new URL(url).searchParams.get('redirect_uri') ?? '',
        client_id: client.client_id,
      }),
    )
    const edge = { fetch: () => withToken(gateway.url, tokens.access_token) }
    const { id: session } = await open(edge, 'all')
    const stream = await send(edge, 'all', undefined, { session })
    const call = json(send(edge, 'all', rpc('later', { ms }, username), { session }))
    const status = async () => (await send(edge, 'all', rpc('echo'), { session })).status
    await until(async () => (await status()) === 200, 5000)
    return { person, client, tokens, call, stream, status }
  }

  /** What the guest had open ends in time, with the reason; afterwards the edge refuses. */
  const ends = async (guest: Guest, by: string, end: () => Promise<unknown>): Promise<void> => {
    const startedAt = performance.now()
    await end()
    const { error } = await guest.call
    t.deepEqual(await allEvents(guest.stream), [])
    const took = performance.now() - startedAt
    t.log(`${by}: ${Math.round(took)} ms`)
    t.true(took < WITHIN_MS)
    t.deepEqual(error?.data, { reason: `revoked ${by}` })
    const refused = await onceRevoked(() => callService(endpoint, guest.tokens.access_token))
    t.is(refused.status, 401)
  }

  const bob = await arrive('bob', 20_000)
  const [alice, carol, dora] = [
    await arrive('alice', 600_000),
    await arrive('carol', 600_000),
    await arrive('dora', 600_000),
  ]
  await ends(alice, 'grant', () => revoke(gateway.url, alice))
  await ends(carol, 'grant', () => endAccess(gateway.url, carol))
  await ends(dora, 'user', async () =>
    writeFileSync(join(gateway.folder, 'gateway.yaml'), people('alice', 'bob', 'carol')),
  )

  t.is(await bob.status(), 200)
  t.like((await bob.call).result, { params: { ms: 20_000 } })
  await bob.stream.body?.cancel()
})

function withToken(issuer: string, token: string): FetchLike {
  return (url, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    return fetch(new URL(new URL(url).pathname, issuer), { ...init, headers })
  }
}

/** As a client does it that signs out: its refresh token stands for the grant (RFC 7009). */
async function revoke(issuer: string, { client, tokens }: Guest): Promise<void> {
  const fields = { token: tokens.refresh_token, client_id: client.client_id }
  const { status } = await sendOverNetwork({ ...form(fields), url: `${issuer}/revoke` })
  if (status !== 200) throw new Error(`not revoked: ${status}`)
}

/** As a person does it on the account page. */
async function endAccess(issuer: string, { person }: Guest): Promise<void> {
  const page = await person.open(`${issuer}/account`)
  const { status } = await person.post(formWith(page, ['change', 'revoke']), { change: 'revoke' })
  if (status !== 303) throw new Error(`access was not ended: ${status}`)
}
