/** Everything a start must know before it touches anything: read, checked, or refused in words. */

import { missingCertificate } from '../../certs/files.ts'
import { readClientSecrets } from '../../lib/catalogue/configured-client.ts'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import {
  ConfigError,
  collectFaults,
  type LogLevel,
  logLevel,
  optional,
  readEnvironment,
  secret,
  text,
} from '../../lib/platform/environment.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { readRootSecret } from '../instance/root-secret.ts'
import { prepareStateDirectory } from '../instance/state-directory.ts'

export interface Settings {
  readonly gateway: Gateway
  readonly logLevel: LogLevel
  readonly rootSecret: Secret
  /** A store the operator runs; ours otherwise. */
  readonly externalStore:
    | { readonly url: string; readonly password: Secret | undefined }
    | undefined
}

export const START_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  REDIS_URL: optional(text, undefined),
  REDIS_PASSWORD: optional(secret, undefined),
}

/** Reads the configuration and prepares the state directory, since the root secret may lie there. */
export function readSettings({ environment, workingDirectory }: Context): Settings {
  const faults: string[] = []
  const gateway = collectFaults(() => readGateway(environment, workingDirectory), faults)
  const values = collectFaults(() => readEnvironment(START_VARIABLES, environment), faults)
  // The authorization server reads them itself: here a missing one is told before anything starts.
  if (gateway) collectFaults(() => readClientSecrets(gateway.clients, environment), faults)
  if (gateway === undefined || values === undefined || faults.length > 0)
    throw new ConfigError(faults)
  const { stateDirectory, addresses } = gateway
  if (!addresses.loopback) throw nobodyCouldLogIn(addresses.issuer)
  const lacking = addresses.secure ? missingCertificate(stateDirectory) : undefined
  if (lacking !== undefined) {
    throw new CliError(lacking, { nextStep: 'put them there; certs/README.md says how' })
  }
  prepareStateDirectory(stateDirectory)
  const { REDIS_URL: url, REDIS_PASSWORD: password } = values
  return {
    gateway,
    logLevel: values.LOG_LEVEL,
    rootSecret: readRootSecret(environment, stateDirectory),
    externalStore: url === undefined ? undefined : { url, password },
  }
}

/** The authorization server would refuse as well, but only once everything else runs. */
function nobodyCouldLogIn(issuer: string): CliError {
  return new CliError(
    `Nobody could log in at ${issuer}: this release has the dev login only, and that exists on loopback alone.`,
    {
      nextStep: 'unset PUBLIC_URL and BASE_DOMAIN, or give them a name of this machine (localhost)',
    },
  )
}
