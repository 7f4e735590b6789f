/** ext-authz: config → ports → server; signals; nothing else. */

import { readGateway } from '../lib/catalogue/gateway.ts'
import { watchGateway } from '../lib/catalogue/live-gateway.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { runRoom } from '../lib/platform/lifecycle.ts'
import { createLog } from '../lib/platform/log.ts'
import { openTracing } from '../lib/platform/tracing/open-tracing.ts'
import { listenOnSocket } from '../lib/platform/unix-socket.ts'
import { createAdminServer } from './admin.ts'
import { createAnswer } from './answer.ts'
import { decide } from './check.ts'
import { readExtAuthzConfig } from './config.ts'
import { explain } from './explain.ts'
import { createMetrics } from './metrics.ts'
import { openPorts } from './ports.ts'
import { watchReadiness } from './readiness.ts'
import { createMethods, createServer } from './server.ts'

/** A store that is away must not keep a process from saying so. */
const SERVING_WITHIN_MS = 500

const log = createLog('ext-authz', 'info')

await runRoom(log, async () => {
  const config = readExtAuthzConfig(process.env)
  log.level = config.LOG_LEVEL
  const tracing = await openTracing(process.env, 'ext-authz', log)
  const gateway = readGateway(process.env, process.cwd())
  const live = watchGateway({
    start: gateway,
    environment: process.env,
    workingDirectory: process.cwd(),
    log,
  })
  const store = { url: config.REDIS_URL, password: config.REDIS_PASSWORD }
  const ports = openPorts({ live, store, clock: systemClock, log })
  const readiness = watchReadiness(ports.isServing, log)
  const metrics = createMetrics(ports)
  const check = createAnswer({
    decide: ({ input }) => decide(input, ports.check, systemClock),
    metrics,
    log,
    tracing,
  })
  const methods = createMethods({ check, isServing: ports.isServing })
  const server = await createServer(config.EXT_AUTHZ_TRANSPORT, methods, log)
  const admin = createAdminServer({
    metrics: metrics.render,
    isServing: ports.isServing,
    explain: (question) =>
      explain(question, live.current, async (input) => decide(input, ports.check, systemClock)),
  })
  if (config.EXT_AUTHZ_ADMIN_SOCKET !== undefined) {
    await listenOnSocket(admin, config.EXT_AUTHZ_ADMIN_SOCKET)
  }
  // Envoy asks a process that comes back as soon as it listens: until it has loaded, the others are to be asked.
  await readiness.servingWithin(SERVING_WITHIN_MS)
  await server.listen(config.EXT_AUTHZ_SOCKET)
  return async () => {
    readiness.stop()
    live.stop()
    admin.close()
    await server.close()
    ports.stop()
    await tracing?.stop()
  }
})
