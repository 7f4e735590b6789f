/** Whoever is revoked is told so by the bridge that has the session, whichever was asked. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fixture } from '../../support/bridge.ts'
import { json, open, rpc, send } from '../../support/mcp.ts'
import { somebody, startRevocableBridge } from '../../support/revocable.ts'

const { bridge: one, revoke } = await startRevocableBridge({
  services: { own: fixture('echoes.ts') },
})
const two = await one.beside('two')
test.after.always(async () => {
  await two.end('SIGTERM')
  await one.stop()
})

for (const kind of ['token', 'grant', 'client', 'user'] as const) {
  test(`a call through the other bridge ends with the reason: ${kind}`, async (t) => {
    const caller = somebody()
    const { id: session } = await open(one, 'own', { caller })
    const options = { session, caller, accept: 'application/json' }
    const call = send(two, 'own', rpc('never', {}, 'mine'), options)
    const stream = await send(two, 'own', undefined, { session, caller })
    // The call is on its way, and a stream that ends at once would be no proof.
    await sleep(300)
    await revoke(kind, caller)
    const answer = await json(call)
    t.is(answer.id, 'mine')
    t.regex(answer.error?.message ?? '', /^the gateway ended this request: /)
    t.is(answer.error?.data?.['reason'], `revoked ${kind}`)
    await stream.text()
    t.is(stream.status, 200)
  })
}
