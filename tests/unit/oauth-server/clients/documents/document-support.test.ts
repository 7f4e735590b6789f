import test from 'ava'
import { createLog } from '../../../../../lib/platform/log.ts'
import { OutboundError } from '../../../../../lib/platform/outbound/outbound-error.ts'
import {
  createDocumentSupport,
  type DocumentSupportPorts,
} from '../../../../../oauth-server/clients/documents/document-support.ts'

type Reports = [reachable: boolean, now: number][]

const setUp = (changes: Partial<DocumentSupportPorts> = {}) => {
  const reports: Reports = []
  const fetched: string[] = []
  const support = createDocumentSupport({
    mode: 'auto',
    reachability: {
      advertised: async () => undefined,
      begin: async () => true,
      async report(reachable, now) {
        reports.push([reachable, now])
      },
    },
    documents: {
      async fetch(url) {
        fetched.push(url)
        throw new OutboundError('unresolved')
      },
    },
    clock: () => 7,
    log: createLog('test', 'error'),
    ...changes,
  })
  return { support, reports, fetched }
}

test('when no well-known document arrives, that is reported', async (t) => {
  const { support, reports, fetched } = setUp()
  await support.probe()
  t.deepEqual(reports, [[false, 7]])
  t.true(fetched.length > 1)
  for (const url of fetched) t.regex(url, /^https:\/\//)
})

test('one of them is enough', async (t) => {
  const { support, reports } = setUp({
    documents: {
      async fetch(url) {
        if (!url.includes('codex')) throw new OutboundError('deadline')
        return undefined as never
      },
    },
  })
  await support.probe()
  t.deepEqual(reports, [[true, 7]])
})

test('who has not the lease fetches nothing, and a store that is away is no matter', async (t) => {
  const reachability = { advertised: async () => true, report: async () => {} }
  const idle = setUp({ reachability: { ...reachability, begin: async () => false } })
  await idle.support.probe()
  t.deepEqual(idle.fetched, [])
  const begin = async () => {
    throw new Error('away')
  }
  await t.notThrowsAsync(setUp({ reachability: { ...reachability, begin } }).support.probe())
})

test('before anything is known nothing is advertised; what was last known outlasts the store', async (t) => {
  t.false(await setUp().support.isAdvertised())
  let isAway = false
  const { support } = setUp({
    reachability: {
      async advertised() {
        if (isAway) throw new Error('away')
        return true
      },
      begin: async () => false,
      report: async () => {},
    },
  })
  t.true(await support.isAdvertised())
  isAway = true
  t.true(await support.isAdvertised())
})

test('on and off are on and off, without asking anybody', async (t) => {
  for (const mode of ['on', 'off'] as const) {
    const { support, fetched, reports } = setUp({ mode })
    t.is(await support.isAdvertised(), mode === 'on')
    await support.probe()
    t.deepEqual([fetched, reports], [[], []])
  }
})
