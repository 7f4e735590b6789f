/** The certificates' process. */

import { readGateway } from '../lib/catalogue/gateway.ts'
import { watchGateway } from '../lib/catalogue/live-gateway.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { runRoom } from '../lib/platform/lifecycle.ts'
import { createLog } from '../lib/platform/log.ts'
import { readCertsConfig } from './config.ts'
import { serveNothing, startCertificates } from './room.ts'

const log = createLog('certs', 'info')

await runRoom(log, async () => {
  const config = readCertsConfig(process.env)
  log.level = config.LOG_LEVEL
  const workingDirectory = process.cwd()
  const place = { environment: process.env, workingDirectory }
  const start = readGateway(process.env, workingDirectory)
  // Where it is a container that is there in any case, it has to be well in any case.
  if (!start.addresses.secure) return await serveNothing(config.CERTS_SOCKET)
  const live = watchGateway({ ...place, start, log })
  const ports = { ...place, config, live }
  const stop = await startCertificates({ ...ports, clock: systemClock, log })
  return async () => {
    live.stop()
    await stop()
  }
})
