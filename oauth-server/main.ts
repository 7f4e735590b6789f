/** The authorization server's process. */

import { readGateway } from '../lib/catalogue/gateway.ts'
import { watchGateway } from '../lib/catalogue/live-gateway.ts'
import { readProviderSecrets } from '../lib/catalogue/providers.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { runRoom } from '../lib/platform/lifecycle.ts'
import { createLog } from '../lib/platform/log.ts'
import { openTracing } from '../lib/platform/tracing/open-tracing.ts'
import { readConfiguredClients } from './clients/configured.ts'
import { readConfig } from './config.ts'
import { startServer } from './server.ts'

const NAME = 'oauth-server'

const log = createLog(NAME, 'info')

await runRoom(log, async () => {
  const config = readConfig(process.env)
  const gateway = readGateway(process.env, process.cwd())
  const configured = readConfiguredClients(gateway.clients, process.env, systemClock)
  const providerSecrets = readProviderSecrets(gateway.providers, process.env)
  log.level = config.LOG_LEVEL
  const tracing = await openTracing(process.env, NAME, log)
  const live = watchGateway({
    start: gateway,
    environment: process.env,
    workingDirectory: process.cwd(),
    log,
  })
  return await startServer(config, gateway, { configured, providerSecrets, live, tracing }, log)
})
