/** A whole gateway as the world reaches it: through Envoy, endpoint by endpoint. */

import test from 'ava'
import type { RequirementId } from '../conformance/requirements.ts'
import { fuzz, type Target } from './harness/fuzz.ts'
import { startWorld, type World } from './harness/world.ts'
import { authorizeTarget, pushTarget } from './targets/authorize.ts'
import { messagesTarget } from './targets/mcp-messages.ts'
import { deviceTarget, pagesTarget } from './targets/pages.ts'
import { manageTarget, registerTarget } from './targets/registrations.ts'
import { tokenTarget } from './targets/token.ts'
import { tokenStateTarget } from './targets/token-state.ts'
import { wireTarget } from './targets/wire.ts'

let world: World | undefined
let processes = ''
test.after.always(async () => world?.stop())

/** Started by the first that runs; each ends with the processes that there were at the beginning. */
function through(id: RequirementId, make: (world: World) => Target | Promise<Target>): void {
  fuzz(id, async () => {
    if (world === undefined) {
      world = await startWorld()
      processes = await world.processes()
    }
    const target = await make(world)
    const running = world
    return {
      ...target,
      async finish(t) {
        await target.finish?.(t)
        t.is(await running.processes(), processes, 'no process has ended')
      },
    }
  })
}

through('fuzz-authorize', authorizeTarget)
through('fuzz-pushed', pushTarget)
through('fuzz-token', tokenTarget)
through('fuzz-token-state', tokenStateTarget)
through('fuzz-register', registerTarget)
through('fuzz-manage', manageTarget)
through('fuzz-device', deviceTarget)
through('fuzz-pages', pagesTarget)
through('fuzz-public-port', wireTarget)
through('fuzz-messages', messagesTarget)
