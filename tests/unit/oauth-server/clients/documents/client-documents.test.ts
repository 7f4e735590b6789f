import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { OAuthError } from '../../../../../lib/oauth/error.ts'
import { createLog } from '../../../../../lib/platform/log.ts'
import type { Fetched } from '../../../../../lib/platform/outbound/outbound.ts'
import { OutboundError } from '../../../../../lib/platform/outbound/outbound-error.ts'
import {
  type ClientDocumentsPorts,
  createClientDocuments,
} from '../../../../../oauth-server/clients/documents/client-documents.ts'
import type { FetchedDocument } from '../../../../../oauth-server/store/documents.ts'
import type { Limit } from '../../../../../oauth-server/store/limits.ts'

const URL_OF_IT = 'https://client.test/client.json'
const MINUTE = 60_000
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

const toText = (changes: object = {}) =>
  JSON.stringify({
    client_id: URL_OF_IT,
    client_name: 'Client',
    redirect_uris: ['https://client.test/cb'],
    ...changes,
  })

/** The store, the internet, the limits and the time, all in the test's hands. */
const setUp = (changes: Partial<ClientDocumentsPorts> = {}) => {
  const stored = new Map<string, FetchedDocument>()
  const world = {
    now: 1_000_000,
    fetches: 0,
    isBusy: false,
    /** What every limit says, in seconds. */
    wait: 0,
    taken: [] as [name: string, subject: string][],
    kept: [] as [url: string, seconds: number][],
    answer: async (): Promise<Fetched> => ({
      text: toText(),
      headers: { 'cache-control': 'max-age=60' },
    }),
  }
  const documents = createClientDocuments({
    isAccepted: true,
    knownScopes: [],
    ownHosts: new Set(['gw.test']),
    outbound: {
      requireRoom() {
        if (world.isBusy) throw new OutboundError('busy')
      },
      fetch() {
        world.fetches += 1
        return world.answer()
      },
    },
    documents: {
      find: async (kind, url) => stored.get(`${kind} ${url}`),
      async put(kind, url, document) {
        stored.set(`${kind} ${url}`, document)
      },
      async keep(_kind, url, seconds) {
        world.kept.push([url, seconds])
      },
    },
    limits: {
      async giveBack() {},
      peek: async () => 0,
      async take({ name }: Limit, subject: string) {
        world.taken.push([name, subject])
        return world.wait
      },
    },
    clock: () => world.now,
    log: createLog('test', 'error'),
    ...changes,
  })
  return { documents, world, stored }
}

const find = (
  { documents }: ReturnType<typeof setUp>,
  freshness: 'current' | 'held' = 'current',
  url = URL_OF_IT,
) => documents.find(url, freshness, 'requester')

const fails = async (): Promise<never> => {
  throw new OutboundError('status', 'not shown')
}

test('what was fetched when the clock was ahead is fetched again', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now -= 86_400_000
  it.world.answer = async () => ({ text: toText({ client_name: 'New' }), headers: {} })
  t.is((await find(it)).name, 'New')
  t.is((await find(it)).name, 'New')
  t.is(it.world.fetches, 2)
})

test('one fetch while it is fresh, another when it is not', async (t) => {
  const it = setUp()
  t.is((await find(it)).id, URL_OF_IT)
  it.world.now += MINUTE - 1000
  await find(it)
  await find(it, 'held')
  t.is(it.world.fetches, 1)
  it.world.now += 1000
  await find(it)
  t.is(it.world.fetches, 2)
})

test('many who ask at once share one fetch, and one of them pays for it', async (t) => {
  const it = setUp()
  const { promise, resolve } = Promise.withResolvers<Fetched>()
  it.world.answer = () => promise
  const first = find(it)
  while (it.world.fetches === 0) await Promise.resolve()
  const others = Array.from({ length: 20 }, () => find(it))
  resolve({ text: toText(), headers: { 'cache-control': 'no-store' } })
  t.is((await Promise.all([first, ...others])).length, 21)
  t.is(it.world.fetches, 1)
  t.deepEqual(it.world.taken, [['document-unknown', 'requester']])
})

test('what is known costs nothing; to fetch it again is paid by its URL, not by a neighbour', async (t) => {
  const it = setUp()
  await find(it)
  await find(it)
  t.is(it.world.taken.length, 1)
  it.world.now += MINUTE
  await find(it)
  t.deepEqual(it.world.taken[1], ['document-known', URL_OF_IT])
})

test('who has asked for too many is refused without a fetch', async (t) => {
  const it = setUp({
    limits: { take: async () => 7, peek: async () => 7, giveBack: async () => {} },
  })
  const error = await t.throwsAsync<OAuthError>(find(it), { instanceOf: OAuthError })
  t.like(error, { status: 429, retryAfterSeconds: 7 })
  t.is(error?.explain, undefined, 'it is for whoever asks')
  t.is(it.world.fetches, 0)
})

test('of a document that everybody has asked for too often it is said so', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now += MINUTE
  it.world.wait = 7
  const error = await t.throwsAsync(find(it))
  t.like(error, { status: 429, retryAfterSeconds: 7, explain: 'documentOften' })
})

test('asked for too often, what was fetched within a minute counts, though it may not be kept', async (t) => {
  const it = setUp()
  it.world.answer = async () => ({ text: toText(), headers: { 'cache-control': 'no-store' } })
  await find(it)
  it.world.wait = 7
  it.world.now += MINUTE - 1
  t.is((await find(it)).id, URL_OF_IT)
  t.is(it.world.fetches, 1)
  it.world.now += 1
  t.like(await t.throwsAsync(find(it)), { status: 429, explain: 'documentOften' })
  it.world.now -= 86_400_000
  t.like(await t.throwsAsync(find(it)), { status: 429 }, 'when our clock was ahead')
})

test('a failure is kept by nobody', async (t) => {
  const it = setUp()
  const good = it.world.answer
  it.world.answer = fails
  await t.throwsAsync(find(it))
  it.world.answer = async () => ({ text: toText({ client_id: 'x' }), headers: {} })
  await t.throwsAsync(find(it))
  t.is(it.stored.size, 0)
  it.world.answer = good
  await t.notThrowsAsync(find(it))
  t.is(it.world.fetches, 3)
})

test('whoever begins is told that the document is gone or wrong; whoever goes on is not hindered', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now += 60 * MINUTE
  it.world.answer = fails
  const gone = await t.throwsAsync<OAuthError>(find(it))
  t.like(gone, { code: 'invalid_client', status: 400 })
  t.is(
    gone.message,
    'The document at client.test that describes the application could not be fetched. Its server did not answer with status 200. Try again later; if it stays so, whoever makes the application has to repair it.',
  )
  it.world.answer = async () => ({ text: toText({ redirect_uris: ['x'] }), headers: {} })
  const wrong = await t.throwsAsync<OAuthError>(find(it))
  t.is(
    wrong.message,
    'The document at client.test that describes the application cannot be used: redirect_uris[0] is not an absolute URI. Whoever makes the application has to correct it.',
  )
  t.is((await find(it, 'held')).id, URL_OF_IT)
})

test('what may not be kept at all still lasts from the first request to the token', async (t) => {
  const it = setUp()
  it.world.answer = async () => ({ text: toText(), headers: { 'cache-control': 'no-store' } })
  await find(it)
  await find(it)
  t.is(it.world.fetches, 2)
  it.world.now += 14 * MINUTE
  await find(it, 'held')
  t.is(it.world.fetches, 2)
})

test('whoever goes on gets what was last good at once, and it is renewed meanwhile', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now += 15 * MINUTE
  const { promise, resolve } = Promise.withResolvers<Fetched>()
  it.world.answer = () => promise
  t.deepEqual((await find(it, 'held')).redirectUris, ['https://client.test/cb'])
  await setImmediate()
  t.is(it.world.fetches, 2)
  t.deepEqual(it.world.taken.slice(1), [['document-known', URL_OF_IT]])
  const redirect_uris = ['https://client.test/new']
  resolve({ text: toText({ redirect_uris }), headers: { 'cache-control': 'max-age=60' } })
  await it.documents.fetch(URL_OF_IT)
  t.deepEqual((await find(it, 'held')).redirectUris, redirect_uris)
})

test('so does whoever proves nothing by the keys that stand in it', async (t) => {
  const it = setUp()
  const text = toText({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [KEY] } })
  it.world.answer = async () => ({ text, headers: { 'cache-control': 'max-age=60' } })
  await find(it)
  it.world.now += 15 * MINUTE
  it.world.answer = () => Promise.withResolvers<Fetched>().promise
  const late = setImmediate('late')
  t.not(await Promise.race([find(it, 'held'), late]), 'late')
})

test('what was renewed too often is not renewed for whoever goes on', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now += 15 * MINUTE
  it.world.wait = 7
  t.is((await find(it, 'held')).id, URL_OF_IT)
  await setImmediate()
  t.is(it.world.fetches, 1)
  it.world.wait = 0
  await find(it, 'held')
  await setImmediate()
  t.is(it.world.fetches, 2)
})

test('what is not known at all is fetched for whoever goes on, too', async (t) => {
  const it = setUp()
  t.is((await find(it, 'held')).id, URL_OF_IT)
  const failing = setUp()
  failing.world.answer = fails
  t.like(await t.throwsAsync(find(failing, 'held')), { code: 'invalid_client', status: 401 })
})

test('what was stored is judged by the rules of today', async (t) => {
  const it = setUp()
  await find(it)
  it.stored.set(`client ${URL_OF_IT}`, { text: '{}', fetchedAt: 0, freshUntil: Number.MAX_VALUE })
  t.like(await t.throwsAsync(find(it, 'held')), { code: 'invalid_client' })
})

test('while too much is being fetched, that is said, and nothing is counted', async (t) => {
  const it = setUp()
  await find(it)
  it.world.now += 15 * MINUTE
  it.world.isBusy = true
  for (const url of [URL_OF_IT, 'https://client.test/other.json']) {
    const refused = await t.throwsAsync(find(it, 'current', url))
    t.like(refused, {
      code: 'temporarily_unavailable',
      status: 503,
      explain: 'documentWaits',
    })
  }
  t.is((await find(it, 'held')).id, URL_OF_IT)
  await setImmediate()
  t.is(it.world.fetches, 1)
  t.is(it.world.taken.length, 1)
})

test('switched off, or with a URL that cannot be one, nothing is asked', async (t) => {
  const off = setUp({ isAccepted: false })
  t.like(await t.throwsAsync(find(off)), {
    code: 'invalid_client',
    status: 400,
    message:
      'This gateway does not take a URL for a client id. The application has to register instead.',
  })
  const it = setUp()
  t.like(await t.throwsAsync(find(it, 'current', 'https://gw.test/x')), {
    code: 'invalid_client',
    status: 400,
    message:
      'The application named itself by a URL that cannot be used: it is one of this gateway itself. Whoever makes the application has to change that.',
  })
  for (const [world, url] of [
    [off, URL_OF_IT],
    [it, 'https://gw.test/x'],
  ] as const) {
    const unknown = await t.throwsAsync(find(world, 'held', url))
    t.like(unknown, { code: 'invalid_client', status: 401 }, 'to whoever goes on it is not known')
  }
  t.deepEqual([off.world.fetches, it.world.fetches, it.world.taken], [0, 0, []])
})

test('a use of the client keeps its document', async (t) => {
  const it = setUp()
  await it.documents.keep(URL_OF_IT, 60)
  t.deepEqual(it.world.kept, [[URL_OF_IT, 60]])
})
