/** `gateway services enable` and `disable`: where the switch has to stand, written there, and seen to be in force. */

import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { prepareServices } from '../embedded/packages/prepare-services.ts'
import { createProgress } from '../embedded/progress.ts'
import { type FoundGateway, findRunning } from '../instance/find-running.ts'
import { changeEnvFile } from '../setup/env-file.ts'
import { envFilePath, readEnvFile, writeEnvFile } from '../setup/env-file-place.ts'
import { readConfigurationAgain } from '../start/configuration.ts'
import { checkAgainstGateway } from '../start/room-settings.ts'
import { type Followed, follow, serves } from './follow.ts'
import { requireService } from './require-service.ts'
import { withSwitch } from './switch-entry.ts'
import { judge, readConfigurationFile, writeConfigurationFile } from './write-configuration.ts'

export interface SwitchOptions {
  readonly enabled: boolean
  /** Into `.env`, wherever it would go by itself. */
  readonly toEnvFile: boolean
}

export interface Switched {
  readonly name: string
  readonly enabled: boolean
  readonly url: string
  /** The file, absolute; null when it was so already. */
  readonly written: string | null
  /** That of the service, where it stands in `.env`; null otherwise. */
  readonly variable: string | null
  /** What became of it in a gateway that runs here; undefined where the file is read at a start alone. */
  readonly followed: Followed | undefined
  /** What has to be typed before it counts; undefined where it counts already. */
  readonly takesEffect: string | undefined
}

/** @throws CliError or ConfigError, with nothing written. */
export async function switchService(
  context: Context,
  name: string,
  { enabled, toEnvFile }: SwitchOptions,
): Promise<Switched> {
  requireService(context, name)
  const variable = serviceSwitch(name)
  refuseShell(context, variable)
  const running = await findRunning(context)
  const now = readConfigurationAgain(context)
  const isSet = (context.environment[variable] ?? '') !== ''
  const inEnvFile = toEnvFile || isSet || (running?.kind === 'compose' && shippedNames().has(name))
  const common = { name, enabled, url: now.addresses.resourceOf(name) }
  if (now.services.has(name) === enabled && (isSet || !toEnvFile)) {
    const rest = { written: null, variable: isSet ? variable : null }
    return { ...common, ...rest, followed: undefined, takesEffect: undefined }
  }
  if (enabled && running?.kind !== 'compose') await prepare(context, name)
  return inEnvFile
    ? { ...common, ...writeVariable(context, variable, enabled, running), followed: undefined }
    : { ...common, ...(await writeMember(context, name, enabled)), variable: null }
}

/** What this shell has set wins over every file, here and wherever a gateway is started from it. */
function refuseShell({ shell, environment }: Context, variable: string): void {
  const value = (shell ?? environment)[variable] ?? ''
  if (value === '') return
  throw new CliError(
    `${variable}=${value} is set in this shell, and wins over gateway.yaml and .env.`,
    {
      exitCode: EXIT_CODE.usage,
      nextStep: `unset ${variable}, then again`,
    },
  )
}

/** Before anything is written: what cannot be installed here is not switched on. */
async function prepare(context: Context, name: string): Promise<void> {
  const { environment, output, clock } = context
  const progress = createProgress(output, clock)
  const { signal } = new AbortController()
  const services = new Map([[name, requireService(context, name)]])
  await prepareServices(services, { environment, progress, signal })
}

function writeVariable(
  context: Context,
  variable: string,
  enabled: boolean,
  running: FoundGateway | undefined,
): Pick<Switched, 'written' | 'variable' | 'takesEffect'> {
  const { workingDirectory, environment } = context
  const changed = { ...environment, [variable]: String(enabled) }
  readConfigurationAgain({ workingDirectory, environment: changed })
  const path = envFilePath(workingDirectory)
  writeEnvFile(path, changeEnvFile(readEnvFile(path), new Map([[variable, String(enabled)]])))
  return { written: path, variable, takesEffect: startOf(running) }
}

function startOf(running: FoundGateway | undefined): string {
  if (running === undefined) return 'the next start'
  return running.kind === 'compose' ? 'docker compose up -d' : 'gateway restart'
}

async function writeMember(
  context: Context,
  name: string,
  enabled: boolean,
): Promise<Pick<Switched, 'written' | 'followed' | 'takesEffect'>> {
  const file = readConfigurationFile(context)
  const changed = { ...file, text: withSwitch(file.text, name, enabled) }
  const gateway: Gateway = judge(changed, context)
  checkAgainstGateway(gateway, context.environment)
  writeConfigurationFile(changed, context)
  const followed = await follow(context, (status) => serves(status, name) === enabled)
  return { written: file.path, followed, takesEffect: undefined }
}
