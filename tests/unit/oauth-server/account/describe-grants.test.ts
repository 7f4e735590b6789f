import test from 'ava'
import { OAuthError } from '../../../../lib/oauth/error.ts'
import { describeGrants } from '../../../../oauth-server/account/describe-grants.ts'
import type { Ports } from '../../../../oauth-server/ports.ts'
import type { GrantUse } from '../../../../oauth-server/store/grants.ts'

const DOCUMENT = 'https://app.example/client.json'

const useOf = (clientId: string, instant: number, usedAt?: number): GrantUse => ({
  usedAt,
  grant: {
    id: `${instant}-x`,
    userId: 'dev:ann',
    userName: 'ann',
    clientId,
    resource: 'http://localhost:8642/echo/mcp',
    scopes: ['mcp'],
    authenticatedAt: 1,
  },
})

type Find = (
  id: string,
) => Promise<{ name: string | undefined; redirectUris: string[] } | undefined>

/** As much of the ports as a description asks for. */
const describe = (uses: readonly GrantUse[], find: Find) => {
  const asked: string[] = []
  const ports = {
    families: { grants: { describeOfUser: async () => uses } },
    clients: {
      find: (id: string) => {
        asked.push(id)
        return find(id)
      },
    },
    resources: { resolve: () => ({ kind: 'service', service: 'echo' }) },
    scopes: { describe: () => ['Use it'] },
  } as unknown as Ports
  return { asked, described: describeGrants(ports, 'dev:ann', 'address') }
}

const named = async () => ({ name: 'App', redirectUris: ['https://app.example/cb'] })

test('the one used last comes first, one without a use counts from its beginning', async (t) => {
  const uses = [useOf('a', 9_000, 2), useOf('b', 1_000, 8), useOf('c', 5_000)]
  const { described, asked } = describe([...uses, useOf('a', 7_000, 1)], named)
  t.deepEqual(
    (await described).map(({ id }) => id),
    ['1000-x', '5000-x', '9000-x', '7000-x'],
  )
  t.deepEqual(asked, ['a', 'b', 'c'], 'each client is asked for once')
  t.is((await described)[1]?.usedAt, undefined)
  t.is((await described)[0]?.usedAt?.getTime(), 8000)
  t.is((await described)[0]?.since.getTime(), 1000)
})

test('a client that a document describes is named with the host of the document', async (t) => {
  const [grant] = await describe([useOf(DOCUMENT, 1)], named).described
  t.deepEqual(grant?.client, {
    name: 'App',
    publisher: 'app.example',
    destinations: [{ kind: 'web', host: 'app.example' }],
  })
  const [registered] = await describe([useOf('a', 1)], named).described
  t.is(registered?.client?.publisher, undefined)
})

test('a document that cannot be had keeps nobody from ending its access', async (t) => {
  const away = async () => {
    throw new OAuthError('invalid_client', 'The document could not be fetched.')
  }
  const [grant] = await describe([useOf(DOCUMENT, 1)], away).described
  t.deepEqual(grant?.client, { name: undefined, publisher: 'app.example', destinations: [] })
  await t.throwsAsync(describe([useOf('a', 1)], away).described, { instanceOf: OAuthError })
})

test('several ports of this computer are one place, and no host is left out', async (t) => {
  const hosts = Array.from({ length: 9 }, (_, index) => `https://${index}.example/cb`)
  const find = async () => ({
    name: undefined,
    redirectUris: ['http://127.0.0.1/a', 'http://localhost:1/b', 'cursor://x', ...hosts],
  })
  const [grant] = await describe([useOf('a', 1)], find).described
  t.deepEqual(
    grant?.client?.destinations.map(({ kind }) => kind),
    ['computer', 'application', ...hosts.map(() => 'web')],
  )
})
