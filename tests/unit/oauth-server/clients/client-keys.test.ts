import test from 'ava'
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
