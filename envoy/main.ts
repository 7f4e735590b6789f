/**
 * Renders Envoy's files: once, or with `--watch` again whenever services come, go or change.
 *
 * The routes to a service follow the rooms that it leads to, and leave before them.
 */

import { findCopies } from '../lib/catalogue/copies.ts'
import { tellEdgeRefusal } from '../lib/catalogue/edge-refusal.ts'
import { type Gateway, readGateway } from '../lib/catalogue/gateway.ts'
import { watchGateway } from '../lib/catalogue/live-gateway.ts'
import { runRoom, type Stop } from '../lib/platform/lifecycle.ts'
import { createLog } from '../lib/platform/log.ts'
import { readEnvoyConfig } from './config.ts'
import { renderFiles } from './render.ts'
import { replaceFiles } from './replace-files.ts'
import { askEnvoyAt } from './taken.ts'
import { writeFiles } from './write-files.ts'

const log = createLog('envoy-files', 'info')

if (process.argv.includes('--watch')) await runRoom(log, keepRendered)
else await runRoom(log, renderOnce)

async function renderOnce(): Promise<Stop> {
  const config = readEnvoyConfig(process.env)
  const gateway = readGateway(process.env, process.cwd())
  writeFiles(config.ENVOY_FOLDER, renderFiles(gateway, config))
  log.info({ services: gateway.services.size }, 'rendered')
  return () => {}
}

async function keepRendered(): Promise<Stop> {
  const config = readEnvoyConfig(process.env)
  const live = watchGateway({
    start: readGateway(process.env, process.cwd()),
    environment: process.env,
    workingDirectory: process.cwd(),
    side: 'edge',
    log,
  })
  const folder = config.ENVOY_FOLDER
  const askEnvoy = askEnvoyAt(config.ENVOY_ADMIN_SOCKET)
  writeFiles(folder, renderFiles(live.current, config))
  log.info({ services: live.current.services.size }, 'rendered')
  live.onChange(async (now: Gateway) => {
    const isTaken = await replaceFiles({ folder, files: renderFiles(now, config), askEnvoy, log })
    tellEdgeRefusal(findCopies(process.env), !isTaken)
  })
  return live.stop
}
