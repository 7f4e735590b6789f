/** Renders Envoy's files once and ends. */

import { readGateway } from '../lib/catalogue/gateway.ts'
import { ConfigError } from '../lib/platform/environment.ts'
import { createLog } from '../lib/platform/log.ts'
import { readEnvoyConfig } from './config.ts'
import { renderFiles } from './render.ts'
import { writeFiles } from './write-files.ts'

const log = createLog('envoy-files', 'info')

try {
  const config = readEnvoyConfig(process.env)
  const gateway = readGateway(process.env, process.cwd())
  writeFiles(config.ENVOY_FOLDER, renderFiles(gateway, config))
  log.info({ services: gateway.services.size }, 'rendered')
} catch (error) {
  if (error instanceof ConfigError) log.fatal({ faults: error.faults }, error.message)
  else log.fatal({ err: error }, 'cannot render')
  process.exitCode = 1
}
