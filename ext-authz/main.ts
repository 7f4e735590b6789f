/** ext-authz: config → ports → server; signals; nothing else. */

import { readGateway } from '../lib/catalogue/gateway.ts'
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
import { readResources } from './resources.ts'
import { createCheck, createMethods, createServer } from './server.ts'

/** The store is asked again after this long, and given up after twice as long. */
const STORE_ANSWER_MS = 50

const log = createLog('ext-authz', 'info')

await runRoom(log, async () => {
  const config = readExtAuthzConfig(process.env)
  log.level = config.LOG_LEVEL
  const gateway = readGateway(process.env, process.cwd())
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
    findResource: readResources(gateway),
    isAllowedOrigin: originRule(gateway),
    findKey: keys.find,
    askRevocations: (presented) =>
      askWithinDeadline(() => revocations.ask(presented), STORE_ANSWER_MS),
  }
  const readiness = watchReadiness(
    async () => (await keys.load()) > 0 && (await revocations.hasEpoch()),
    log,
  )
  const check = createCheck({ decide: ({ input }) => decide(input, ports, systemClock), log })
  const methods = createMethods({ check, isServing: readiness.isServing })
  const server = createServer(config.EXT_AUTHZ_TRANSPORT, methods, log)
  await server.listen(config.EXT_AUTHZ_SOCKET)
  return async () => {
    readiness.stop()
    await server.close()
    redis.disconnect()
  }
})
