/**
 * Before the rooms of `compose.yaml` start: the configuration is checked as a whole, and each room is given
 * what it may know in a volume of its own. But for backups, which hold it, nobody else ever sees the root secret.
 */

import { accessSync, constants, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { COPIES_VARIABLE, copiesOf } from '../../lib/catalogue/copies.ts'
import { ConfigError, type Environment, readText } from '../../lib/platform/environment.ts'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { unfinishedRestore } from '../backup/journal.ts'
import { CLOSING_VARIABLES } from '../backup/locks.ts'
import { BACKUP_VARIABLES, requireClosing } from '../backup/settings.ts'
import { CliError } from '../cli-error.ts'
import { COMPLETE, type Context } from '../context.ts'
import { roomOf } from '../instance/part-names.ts'
import { readKept } from '../instance/root-secret.ts'
import { keepFingerprint } from '../instance/secret-fingerprint.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { layOutCopies } from '../start/publish-configuration.ts'
import { readSettings, type Settings } from '../start/settings.ts'
import type { Part } from '../supervisor/part.ts'
import { gatewayEnvironment, orFile, pick, settingsOf } from '../supervisor/part-environment.ts'
import { renderValkeyConfig } from '../supervisor/valkey-config.ts'
import { takeAuthoritiesAlong } from './authorities.ts'
import { STORE_SOCKET, toContainerParts, toStore } from './container-parts.ts'
import { toEnvironmentFile } from './environment-file.ts'
import {
  ANY_ADDRESS,
  BACKUPS,
  GROUP_READABLE,
  OWN_FOLDERS,
  STATE,
  STORE_FOLDER,
  socketAt,
} from './places.ts'
import { requireFittingPublication, withPublishedPort } from './publication.ts'

/**
 * @param under the folder that the container's own folders lie in; its root.
 * @throws ConfigError or CliError with every fault; then no room was given anything.
 */
export async function prepareRooms(given: Context, under = '/'): Promise<Settings> {
  requireReadable(given.workingDirectory)
  const authorities = takeAuthoritiesAlong(given.environment, given.workingDirectory)
  const environment = withPublishedPort(authorities.environment)
  const context = withDevelopmentTls({ ...given, environment })
  const settings = readSettings(context)
  requireFittingPublication(settings.gateway.addresses, environment)
  requireClosing(environment)
  // What lies beside the operator's file is beside the copies there.
  const path = join(copiesOf(STATE).folder, 'gateway.yaml')
  const forRooms = { ...context, environment: { ...context.environment, GATEWAY_CONFIG: path } }
  const parts = await toContainerParts(forRooms, settings)
  const texts = parts.map((part) => [part, toText(part)] as const)
  const copies = copiesOf(join(under, STATE))
  takeLogoAlong(settings, copies.folder)
  layOutCopies(copies, settings.gateway, GROUP_READABLE)
  const own = join(under, OWN_FOLDERS)
  for (const [part, text] of texts) writeOwn(join(own, roomOf(part.name)), part, text)
  authorities.write(own)
  writeStoreConfig(own, settings)
  if (settings.certificates === undefined) writeIdleCerts(own, forRooms.environment)
  writeFollowing(own, context.environment)
  writeBackups(own, context.environment, settings)
  requireSettled(join(under, STATE))
  keepSealing(settings)
  return settings
}

/**
 * One that was made here is the only one that a store of ours can have. Whether the operator's opens it is not known:
 * nothing has started.
 */
function keepSealing({ gateway, rootSecret, externalStore }: Settings): void {
  const { stateDirectory } = gateway
  if (externalStore !== undefined || readKept(stateDirectory) !== rootSecret.reveal()) return
  keepFingerprint(rootSecret, stateDirectory)
}

/** Of what a restore has left half, nobody serves. What goes on with it has been given what it needs. */
function requireSettled(stateDirectory: string): void {
  if (unfinishedRestore(stateDirectory) === undefined) return
  throw new CliError('A restore was broken off: what there is may belong to two gateways.', {
    nextStep:
      'docker compose up -d --no-deps valkey, then docker compose run --rm cli restore FILE, then docker compose up -d',
  })
}

/** Whoever cannot look into the folder would not see that there is a `gateway.yaml`. */
function requireReadable(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
  } catch (cause) {
    throw new CliError(`The folder of gateway.yaml cannot be read by uid ${process.getuid?.()}.`, {
      nextStep:
        'chmod 755 .   or keep gateway.yaml in another folder: GATEWAY_CONFIG_FOLDER in .env',
      cause,
    })
  }
}

/** What a room has to know beside the table: where its container can be reached, and by whom. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'envoy-files': { ENVOY_PAGES_ADDRESS: ANY_ADDRESS },
}

function toText({ name, env, markerVariable }: Part): string {
  const marker = markerVariable === undefined ? {} : { [markerVariable]: `compose.${name}` }
  return toEnvironmentFile({ ...withoutFiles(env), ...marker, ...BESIDE[roomOf(name)] })
}

function writeOwn(folder: string, { args }: Part, environment: string): void {
  writeWhole(join(folder, 'environment'), environment)
  writeWhole(join(folder, 'arguments'), args.map((arg) => `${arg}\n`).join(''))
}

function writeStoreConfig(own: string, { rootSecret, externalStore, fsync }: Settings): void {
  if (externalStore !== undefined) return
  const text = renderValkeyConfig({
    folder: STORE_FOLDER,
    socketPath: STORE_SOCKET,
    password: deriveSecret(rootSecret, 'redis'),
    fsync,
  })
  writeWhole(join(own, 'valkey/valkey.conf'), text)
}

/** Its container is there in any case: a part of its own it is over TLS alone. */
function writeIdleCerts(own: string, environment: Environment): void {
  const values = {
    ...gatewayEnvironment(environment, STATE),
    CERTS_SOCKET: socketAt(SOCKET_NAMES.certs),
  }
  writeWhole(join(own, 'certs/environment'), toEnvironmentFile(values))
}

/** For whoever follows the operator's file: no secret, and read under another account. */
function writeFollowing(own: string, environment: Environment): void {
  const values = {
    ...gatewayEnvironment(environment, STATE),
    ...settingsOf('oauth-server', { DEFAULT_SERVICE: environment['DEFAULT_SERVICE'] }),
  }
  const path = join(own, 'configuration/environment')
  writeWhole(path, toEnvironmentFile(values), GROUP_READABLE)
}

/** Also for what is typed by hand: whether one is made each night is Compose's business, and how it is closed ours. */
function writeBackups(own: string, environment: Environment, settings: Settings): void {
  const store = toStore(settings)
  const { [COPIES_VARIABLE]: _, ...gateway } = gatewayEnvironment(environment, STATE)
  const values = withoutFiles({
    ...gateway,
    ...pick(environment, [...Object.keys(BACKUP_VARIABLES), ...CLOSING_VARIABLES].flatMap(orFile)),
    ...pick(environment, orFile('GATEWAY_SECRET')),
    REDIS_URL: store.url,
    ...(store.password && { REDIS_PASSWORD: store.password.reveal() }),
    [COMPLETE]: 'true',
    BACKUP_FOLDER: BACKUPS,
  })
  writeWhole(join(own, 'backup/environment'), toEnvironmentFile(values))
}

/** Already a place that its room sees. */
const KEPT_FILE = 'ACME_CA_FILE'

/** `NAME_FILE` names a file that only this container can read: a room gets what is in it. */
function withoutFiles(env: Readonly<Record<string, string>>): Record<string, string> {
  const faults: string[] = []
  const entries = Object.entries(env).map(([name, value]) => {
    if (!name.endsWith('_FILE') || name === KEPT_FILE) return [name, value]
    const plain = name.slice(0, -'_FILE'.length)
    try {
      return [plain, readText(plain, { [name]: value }) ?? '']
    } catch (error) {
      faults.push(`${plain} ${(error as Error).message}`)
      return [name, value]
    }
  })
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.fromEntries(entries)
}

/** It is served by a room that sees nothing of the operator's folder. */
function takeLogoAlong({ gateway }: Settings, folder: string): void {
  const { logo } = gateway.branding
  if (logo === undefined) return
  const path = relative(dirname(gateway.configurationPath), logo)
  if (path.startsWith('..')) {
    throw new ConfigError([`branding.logo: ${logo} must lie beside gateway.yaml, or below it`])
  }
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  copyFileSync(logo, join(folder, path))
}
