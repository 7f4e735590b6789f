/** Everything that a start would refuse, found without touching anything, and what deserves a look. */

import { chooseSource } from '../../certs/source.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import { requireClosing } from '../backup/settings.ts'
import { CliError } from '../cli-error.ts'
import { requireFittingPublication, withPublishedPort } from '../compose/publication.ts'
import { type Context, parseEnvText } from '../context.ts'
import { findNamed } from '../embedded/find-program.ts'
import { missingCommands } from '../embedded/packages/missing-commands.ts'
import { ENVOY, VALKEY } from '../embedded/program.ts'
import { findRootSecret } from '../instance/root-secret.ts'
import { requireSealingSecret } from '../instance/secret-fingerprint.ts'
import { requireKnownFormat } from '../release/store-format.ts'
import { choosePlainPort, requireCertificate } from '../start/certificates.ts'
import { type Configuration, readConfiguration } from '../start/configuration.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { requireOutside } from '../start/outside.ts'
import { requireProvider } from '../start/settings.ts'
import { newSecretNames } from '../supervisor/part-environment.ts'
import { findNearNames } from './near-names.ts'
import { linesWithoutName, originOf, type Surroundings } from './origin.ts'
import { readSurroundings } from './read-surroundings.ts'
import { knownVariables, secretNames } from './variables.ts'

/** What a start would make of it. */
export interface CheckedConfiguration {
  /** Each keeps a gateway from starting. */
  readonly faults: readonly string[]
  /** What starts all the same, and is perhaps not meant. */
  readonly notes: readonly string[]
  /** Undefined where there are faults that keep it from being known. */
  readonly gateway: Gateway | undefined
}

/** Who would read a configuration. */
export interface Reader {
  /** The containers of compose.yaml. Default: a gateway that is started here. */
  readonly asCompose?: boolean
}

export function checkConfiguration(
  given: Context,
  { asCompose = false }: Reader = {},
): CheckedConfiguration {
  const faults: string[] = []
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      faults.push(...toFaults(error))
      return undefined
    }
  }
  const surroundings = readSurroundings(given)
  const context = collect(() => asStarted(given, { asCompose })) ?? given
  const configuration = collect(() => readConfiguration(context))
  const gateway = configuration?.gateway
  if (configuration !== undefined && gateway !== undefined) {
    const { environment } = context
    const { addresses, stateDirectory } = gateway
    collect(() => requireProvider(gateway))
    if (asCompose) {
      collect(() => requireFittingPublication(addresses, environment))
      collect(() => requireClosing(environment))
    } else {
      collect(() => requireTls(context, configuration))
      // In containers they lie in a volume.
      const rootSecret = collect(() => findRootSecret(environment, stateDirectory))
      // One that the operator runs may have been exchanged.
      if (rootSecret !== undefined && !environment['REDIS_URL'])
        collect(() => requireSealingSecret(rootSecret, stateDirectory))
      collect(() => requireKnownFormat(stateDirectory))
    }
  }
  const notes = gateway === undefined ? [] : toNotes(gateway, surroundings)
  return { faults: [...new Set(faults)], notes, gateway }
}

/**
 * Of the programs that the operator names: a start would refuse another one, and has to run it to know.
 * What is found or fetched by itself is no fault of the configuration.
 */
export async function checkPrograms({
  environment,
}: Pick<Context, 'environment'>): Promise<readonly string[]> {
  const programs = environment['REDIS_URL'] ? [ENVOY] : [ENVOY, VALKEY]
  const looks = await Promise.allSettled(
    programs.map((program) => findNamed(program, { environment })),
  )
  return looks.flatMap((look) => (look.status === 'rejected' ? toFaults(look.reason) : []))
}

/** Set by the gateway whose place is to be taken: the ports it listens on, with commas between. */
export const REPLACED_PORTS = 'GATEWAY_REPLACED_PORTS'

/** Of what is sound in itself, and asked for by a gateway that is to begin anew: what it would end for. */
export async function checkOutside(given: Context): Promise<readonly string[]> {
  const own = given.environment[REPLACED_PORTS]
  if (own === undefined) return []
  try {
    await requireOutside(asStarted(given), own.split(',').map(Number))
    return []
  } catch (error) {
    return toFaults(error)
  }
}

function asStarted(context: Context, { asCompose = false }: Reader = {}): Context {
  const environment = asCompose ? withPublishedPort(context.environment) : context.environment
  return withDevelopmentTls({ ...context, environment })
}

function requireTls(
  { environment, workingDirectory }: Context,
  { gateway, values }: Configuration,
): void {
  const { addresses, stateDirectory } = gateway
  const source = chooseSource({ addresses, stateDirectory, workingDirectory }, environment)
  if (source === undefined) return
  requireCertificate(source, addresses)
  choosePlainPort(source, values.GATEWAY_HTTP_PORT, gateway)
}

function toFaults(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.faults
  if (!(error instanceof CliError)) throw error
  return [[error.message, error.nextStep].filter((part) => part !== undefined).join(' → ')]
}

function toNotes(gateway: Gateway, surroundings: Surroundings): string[] {
  const { environment, shell, envText } = surroundings
  const inFile = parseEnvText(envText)
  const names = Object.keys(inFile)
  const switches = [...gateway.definitions.keys()].map(serviceSwitch)
  const secrets = newSecretNames(new Map(), gateway.services)
  const known = [
    ...Object.keys(knownVariables()),
    ...switches,
    ...secretNames(gateway),
    'GATEWAY_SECRET',
  ]
  const overruled = names.filter(
    (name) => shell[name] !== undefined && shell[name] !== inFile[name],
  )
  const missing = secrets.filter(
    (name) => originOf(name, surroundings).source === 'default' && !isPersonal(gateway, name),
  )
  return [
    ...gateway.notes,
    ...missingCommands(gateway.services, environment),
    ...findNearNames(
      names.filter((name) => (environment[name] ?? '') !== ''),
      known,
    ).map(({ name, meant }) => `${name} in .env means nothing here: is ${meant} meant?`),
    ...linesWithoutName(envText).map(
      (line) => `line ${line} of .env counts for nothing: it has no = (NAME=value)`,
    ),
    ...overruled.map((name) => `${name} in .env does not count: this shell has set another`),
    ...missing.map(
      (name) => `${name} is named by a service and not set: that service cannot start`,
    ),
  ]
}

/** Entered by each person for themselves. */
function isPersonal({ services }: Gateway, secret: string): boolean {
  return [...services.values()].some(({ userSecrets }) => Object.hasOwn(userSecrets, secret))
}
