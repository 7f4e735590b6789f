/** Messages that nobody waits for, to many servers of one person that do not read. */

import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { json, open, rpc, send } from '../../support/mcp.ts'
import { memoryOf } from '../../support/process-figures.ts'

const MIB = 1024 * 1024
const SERVERS = 16
/** Of each stdin less than its own bound. */
const SENT_EACH = 3
const SENT_BYTES = 8 * MIB
/** What has been read and is garbage is given back when it pleases the collector. */
const GROWN_BYTES_MAX = 0.75 * SERVERS * SENT_EACH * SENT_BYTES

for (const withRunner of [false, true]) {
  const where = withRunner ? 'by a runner program' : 'by the bridge'
  test.serial(`what servers started ${where} do not read is bounded for each person`, async (t) => {
    const services = { deaf: fixture('reads-nothing.ts'), fix: fixture('echoes.ts') }
    const bridge = await startBridge({ services, withRunner })
    t.teardown(() => bridge.stop())
    const [ann, ben] = [{ user: 'dev:ann' }, { user: 'dev:ben' }]
    const deaf = await Promise.all(
      Array.from({ length: SERVERS }, () => open(bridge, 'deaf', { caller: ann })),
    )
    const before = memoryOf(bridge.process.pid ?? 0)
    const note = {
      jsonrpc: '2.0',
      method: 'notifications/x',
      params: { x: 'x'.repeat(SENT_BYTES) },
    }
    for (let count = 0; count < SENT_EACH; count += 1) {
      for (const { id } of deaf) {
        const { status } = await send(bridge, 'deaf', note, { session: id, caller: ann })
        t.is(status, 202)
      }
    }
    const grown = memoryOf(bridge.process.pid ?? 0) - before
    t.true(grown < GROWN_BYTES_MAX, `${Math.round(grown / MIB)} MiB`)
    const told = bridge.log.map((line) => JSON.stringify(line)).join('\n')
    t.regex(told, /too much waits for servers that do not read/)
    for (const [caller, bytes] of [
      [ann, 1024],
      [ben, SENT_BYTES],
    ] as const) {
      const { id } = await open(bridge, 'fix', { caller })
      const text = 'y'.repeat(bytes)
      const answer = await json(send(bridge, 'fix', rpc('echo', { text }), { session: id, caller }))
      t.like(answer.result, { params: { text } }, `${caller.user} is served`)
    }
  })
}
