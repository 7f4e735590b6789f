/** The service `fetchs`: pages of the public internet, fetched in this process by the guard's own connections. */

import { systemClock } from '../../lib/platform/clock.ts'
import { createDialThrough } from '../../lib/platform/outbound/dial-through.ts'
import { createDial } from '../../lib/platform/outbound/egress.ts'
import { runNative } from '../native/run.ts'
import { Sessions } from '../native/sessions.ts'
import { readConfig } from './config.ts'
import { createFetchPage } from './fetch-page.ts'
import { serveSession } from './serve-session.ts'
import { Turns } from './turns.ts'

await runNative('fetchs', process.env, () => {
  const { EGRESS_SOCKET: socket, EGRESS_ALLOW: allowed, FETCHS_ROBOTS } = readConfig(process.env)
  const dial = socket === undefined ? createDial({ allowed }) : createDialThrough(socket)
  const heedsRobots = FETCHS_ROBOTS === 'obey'
  const fetchPage = createFetchPage({ dial, clock: systemClock, heedsRobots })
  const ports = { fetchPage, turns: new Turns() }
  return {
    sessions: new Sessions(() => serveSession(ports)),
    stateless: async () => (await import('./serve-stateless.ts')).serveStateless(ports),
  }
})
