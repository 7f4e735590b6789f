/** A runner program that is frozen: whoever needs it is answered, and learns nothing wrong about its servers. */

import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { json, open } from '../../support/mcp.ts'
import { ask } from '../../support/stateless.ts'

const services = { met: fixture('echoes.ts'), fresh: fixture('stateless-only.ts') }
const bridge = await startBridge({ withRunner: true, services })
test.after.always(() => bridge.stop())

test('a request that has to find out what a server speaks is answered', async (t) => {
  t.timeout(90_000)
  await open(bridge, 'met')
  bridge.runner?.process.kill('SIGSTOP')
  try {
    const answer = await ask(bridge, 'fresh', 'tools/list')
    t.is(answer.status, 503)
    t.regex((await json(answer)).error?.message ?? '', /^the service fresh: .*try again later/)
  } finally {
    bridge.runner?.process.kill('SIGCONT')
  }
  t.truthy((await json(ask(bridge, 'fresh', 'tools/list'))).result)
})
