/** What operators set about backups, for the command line and for the nightly ones. */

import { resolve } from 'node:path'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import {
  ConfigError,
  type Environment,
  flag,
  integer,
  optional,
  type Parser,
  readEnvironment,
  text,
} from '../../lib/platform/environment.ts'
import type { Context } from '../context.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { orFile, pick } from '../supervisor/part-environment.ts'
import { CLOSING_VARIABLES } from './locks.ts'

/** A time of day in UTC, in minutes since midnight. */
const timeOfDay: Parser<number> = (value) => {
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(value) ?? []
  if (hour !== '' && Number(hour) < 24 && Number(minute) < 60)
    return Number(hour) * 60 + Number(minute)
  throw new RangeError(`must be a time of day in UTC such as 03:15, not "${value}"`)
}

const DEFAULT_AT = 3 * 60 + 15

export const BACKUP_VARIABLES = {
  /** Where backups lie. */
  BACKUP_FOLDER: optional(text, 'backups'),
  /** When nightly ones are made. */
  BACKUP_AT: optional(timeOfDay, DEFAULT_AT),
  /** How many of them are kept. */
  BACKUP_KEEP: optional(integer(1, 10_000), 14),
  /** Whether the files of services are in them. */
  BACKUP_SERVICES: optional(flag, false),
  /** In containers: whether one is made each night. Compose reads it, too. */
  BACKUP_NIGHTLY: optional(flag, false),
}

export function readBackupSettings({ environment }: Pick<Context, 'environment'>) {
  return readEnvironment(BACKUP_VARIABLES, environment)
}

export function backupFolder(context: Pick<Context, 'environment' | 'workingDirectory'>): string {
  return resolve(context.workingDirectory, readBackupSettings(context).BACKUP_FOLDER)
}

/** The gateway that is meant. A secret that a room would miss is no reason to make no backup. */
export function gatewayMeant(context: Context): Gateway {
  const { environment, workingDirectory } = withDevelopmentTls(context)
  return readGateway(environment, workingDirectory)
}

export function issuerOf(context: Context): string {
  return gatewayMeant(context).addresses.issuer
}

/** @throws ConfigError for what is wrong about backups, also where nightly ones are wanted and nothing closes them. */
export function requireClosing(environment: Environment): void {
  if (!readBackupSettings({ environment }).BACKUP_NIGHTLY || isClosingSet(environment)) return
  throw new ConfigError([
    'BACKUP_NIGHTLY: set BACKUP_RECIPIENT to a public key of age (gateway backup key FILE makes one), or BACKUP_PASSPHRASE: nothing closes the backups',
  ])
}

export function isClosingSet(environment: Environment): boolean {
  return Object.keys(pick(environment, CLOSING_VARIABLES.flatMap(orFile))).length > 0
}
