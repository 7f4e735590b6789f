import test from 'ava'
import { errors } from 'jose'
import { OutboundError } from '../../../../lib/platform/outbound/outbound-error.ts'
import { createClientKeys } from '../../../../oauth-server/clients/client-keys.ts'

const SET = { jwksUri: 'https://keys.test/set' }
const HEADER = { alg: 'ES256', kid: 'k' }
const TOKEN = { payload: '', signature: '' }

test('while too much is being fetched, that is said, and nothing is counted', async (t) => {
  const taken: string[] = []
  const fetched: string[] = []
  const find = createClientKeys({
    outbound: {
      requireRoom() {
        throw new OutboundError('busy', 'too much is being fetched')
      },
      fetch(url: string) {
        fetched.push(url)
        return Promise.reject(new OutboundError('busy', 'too much is being fetched'))
      },
    },
    documents: { find: () => Promise.resolve(undefined) },
    limits: {
      take({ name }: { name: string }) {
        taken.push(name)
        return Promise.resolve(0)
      },
    },
    clock: () => 0,
  } as unknown as Parameters<typeof createClientKeys>[0])
  const refused = await t.throwsAsync(async () => find(SET, '192.0.2.1')(HEADER, TOKEN))
  t.like(refused, { code: 'temporarily_unavailable', status: 503 })
  t.deepEqual([taken, fetched], [[], []])
})

test('whoever may not fetch now takes nobody’s turn to look for a new key', async (t) => {
  const taken: string[] = []
  const world = { isBusy: false, wait: 7, keys: [] as object[] }
  const find = createClientKeys({
    outbound: {
      requireRoom() {
        if (world.isBusy) throw new OutboundError('busy')
      },
      fetch: () => Promise.resolve({ text: JSON.stringify({ keys: world.keys }), headers: {} }),
    },
    documents: {
      find: () => Promise.resolve({ text: '{"keys":[]}', fetchedAt: 0, freshUntil: 1000 }),
      put: () => Promise.resolve(),
    },
    limits: {
      peek: () => Promise.resolve(world.wait),
      take({ name }: { name: string }) {
        taken.push(name)
        return Promise.resolve(0)
      },
    },
    clock: () => 0,
  } as unknown as Parameters<typeof createClientKeys>[0])
  const look = async () => find(SET, '192.0.2.1')(HEADER, TOKEN)
  t.like(await t.throwsAsync(look), { status: 429, retryAfterSeconds: 7 })
  world.isBusy = true
  t.like(await t.throwsAsync(look), { status: 503 })
  t.deepEqual(taken, [])
  Object.assign(world, { isBusy: false, wait: 0 })
  await t.throwsAsync(look, { instanceOf: errors.JWKSNoMatchingKey })
  t.deepEqual(taken, ['key-set-renew', 'key-set-request', 'key-set'])
})
