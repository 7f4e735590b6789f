/** ext-authz: config → ports → server; signals; nothing else. */

import { readGateway } from '../lib/catalogue/gateway.ts'
import { watchGateway } from '../lib/catalogue/live-gateway.ts'
import { originRule } from '../lib/catalogue/origins.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { runRoom } from '../lib/platform/lifecycle.ts'
import { createLog } from '../lib/platform/log.ts'
import { redisPublicKeys } from '../lib/store/public-keys.ts'
import { connectRedis } from '../lib/store/redis.ts'
import { redisRevocations } from '../lib/store/revocations.ts'
import { type CheckPorts, decide } from './check.ts'
import { readExtAuthzConfig } from './config.ts'
import { askWithinDeadline } from './deadline.ts'
import { createKeys } from './keys.ts'
import { watchReadiness } from './readiness.ts'
import { liveResources } from './resources.ts'
import { close, createServer, listen } from './server.ts'

/** The store is asked again after this long, and given up after twice as long. */
const STORE_ANSWER_MS = 50

const log = createLog('ext-authz', 'info')

await runRoom(log, async () => {
  const config = readExtAuthzConfig(process.env)
  log.level = config.LOG_LEVEL
  const gateway = readGateway(process.env, process.cwd())
  const live = watchGateway({
    start: gateway,
    environment: process.env,
    workingDirectory: process.cwd(),
    log,
  })
  const store = { url: config.REDIS_URL, password: config.REDIS_PASSWORD }
  // The command's own timeout is the backstop: it also frees what the deadline gave up on.
  const redis = connectRedis({ ...store, commandTimeoutMs: 4 * STORE_ANSWER_MS }, log)
  const revocations = redisRevocations(redis)
  const publicKeys = redisPublicKeys(redis)
  const keys = createKeys(
    { ...publicKeys, all: () => askWithinDeadline(publicKeys.all, STORE_ANSWER_MS) },
    systemClock,
  )
  const ports: CheckPorts = {
    issuer: gateway.addresses.issuer,
    findResource: liveResources(live),
    isAllowedOrigin: originRule(gateway),
    findKey: keys.find,
    askRevocations: (presented) =>
      askWithinDeadline(() => revocations.ask(presented), STORE_ANSWER_MS),
  }
  const readiness = watchReadiness(
    async () => (await keys.load()) > 0 && (await revocations.hasEpoch()),
    log,
  )
  const server = createServer({
    decide: ({ input }) => decide(input, ports, systemClock),
    isServing: readiness.isServing,
    log,
  })
  await listen(server, config.EXT_AUTHZ_SOCKET)
  return async () => {
    readiness.stop()
    live.stop()
    await close(server)
    redis.disconnect()
  }
})
