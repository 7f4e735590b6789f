/** Messages that take long to read, many in a row. */

import test from 'ava'
import { MESSAGE_VALUES_MAX } from '../../../mcp-bridge/limits.ts'
import { fixture, startBridge } from '../../support/bridge.ts'
import { json, open, rpc, send } from '../../support/mcp.ts'

const MESSAGES = 40

test('who sends much that takes long to read holds nobody else up for long', async (t) => {
  const bridge = await startBridge({ services: { fix: fixture('echoes.ts') } })
  t.teardown(() => bridge.stop())
  const [ann, ben] = [{ user: 'dev:ann' }, { user: 'dev:ben' }]
  const [of, other] = [
    await open(bridge, 'fix', { caller: ann }),
    await open(bridge, 'fix', { caller: ben }),
  ]
  // Numbers that are kept as they are written.
  const slow = `{"jsonrpc":"2.0","method":"notifications/x","params":{"x":[${Array(MESSAGE_VALUES_MAX - 10).fill('1.0')}]}}`
  const sending = Array.from({ length: MESSAGES }, () =>
    send(bridge, 'fix', slow, { session: of.id, caller: ann }),
  )
  await Promise.race(sending)
  const began = performance.now()
  const call = json(send(bridge, 'fix', rpc('echo', { n: 1 }), { session: other.id, caller: ben }))
  t.like((await call).result, { params: { n: 1 } })
  const waitedMs = performance.now() - began
  const statuses = (await Promise.all(sending)).map(({ status }) => status)
  const refused = statuses.filter((status) => status === 429).length
  t.true(refused > MESSAGES / 2, `${refused} of ${MESSAGES}`)
  t.true(statuses.includes(202))
  t.true(waitedMs < 10_000, `${Math.round(waitedMs)} ms`)
  const small = send(bridge, 'fix', rpc('echo', { n: 2 }), { session: of.id, caller: ann })
  t.like((await json(small)).result, { params: { n: 2 } }, 'small ones are read')
})
