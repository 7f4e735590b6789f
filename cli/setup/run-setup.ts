/** From questions to a `.env` that a start accepts. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { gatewayFile, readYamlFile } from '../../lib/catalogue/gateway-file.ts'
import { ConfigError, optional, readEnvironment, text } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { readKept } from '../instance/root-secret.ts'
import { readConfiguration } from '../start/configuration.ts'
import type { Answers } from './answers.ts'
import type { Asker } from './asker.ts'
import { type Checks, createChecks, NO_CHECKS } from './checks/checks.ts'
import { changeEnvFile, type EnvFile } from './env-file.ts'
import { envFilePath, readEnvFile, writeEnvFile } from './env-file-place.ts'
import { type Given, type SetupOptions, toGiven } from './given.ts'
import { createLineAsker } from './line-asker.ts'
import { presentLines } from './present-lines.ts'
import { askAll, faultsOf } from './questions.ts'
import { rootSecretToWrite } from './root-secret.ts'
import { createTerminalAsker } from './terminal-asker.ts'
import { toVariables } from './to-variables.ts'
import { createUnattendedAsker } from './unattended-asker.ts'
import { requireAllUsed } from './unused-options.ts'

export interface SetupResult {
  readonly path: string
  readonly answers: Answers
  /** Names of variables that say something else than before; never their values. */
  readonly changed: readonly string[]
  readonly isCompose: boolean
}

const SETUP_VARIABLES = {
  /** Set in the container: what it is for, and so which command comes next. */
  GATEWAY_SETUP_FOR: optional(text, undefined),
  GITHUB_URL: optional(text, 'https://github.com'),
}

/**
 * @param ofVolume the root secret that containers have made, if they have.
 * @throws CliError; nothing is written then.
 */
export async function runSetup(
  context: Context,
  options: SetupOptions,
  ofVolume?: string,
): Promise<SetupResult> {
  const { environment, workingDirectory } = context
  const values = readEnvironment(SETUP_VARIABLES, environment)
  const isCompose = values.GATEWAY_SETUP_FOR === 'compose'
  const path = envFilePath(workingDirectory)
  const present = readEnvFile(path)
  const given = toGiven({
    options,
    environment,
    hasFileProviders: hasFileProviders(context),
    typedSecret: await readTypedSecret(context, options),
  })
  const gitHubUrl = values.GITHUB_URL.replace(/\/+$/, '')
  const checks = options.check ? createChecks({ gitHubUrl, isCompose }) : NO_CHECKS
  const answers = await interview(context, options, { given, checks, present })
  requireAllUsed(options, answers)
  const kept = ofVolume ?? readKept(stateDirectoryOf(context))
  const secret = rootSecretToWrite(environment, kept)
  const file = changeEnvFile(present, toVariables(answers, secret, present.values))
  requireStartable(context, present, file)
  writeEnvFile(path, file)
  return { path, answers, changed: changedNames(present, file), isCompose }
}

interface Known {
  readonly given: Given
  readonly checks: Checks
  readonly present: EnvFile
}

async function interview(
  { stdin, output }: Context,
  options: SetupOptions,
  { given, checks, present }: Known,
): Promise<Answers> {
  if (options.yes) requireAnswers(given)
  const asker: Asker = options.yes
    ? createUnattendedAsker(output)
    : stdin.isTTY
      ? createTerminalAsker(stdin, output)
      : createLineAsker(stdin, output)
  try {
    const lines = presentLines(present)
    if (!options.yes && lines.length > 0) asker.tell(lines)
    return await askAll({ asker, given, checks })
  } finally {
    asker.close()
  }
}

/** @throws CliError with one line for each that is missing or wrong. */
function requireAnswers(given: Given): void {
  const faults = faultsOf(given)
  if (faults.length === 0) return
  throw new CliError(['With --yes nobody is asked, and:', ...faults].join('\n  '), {
    exitCode: EXIT_CODE.usage,
    nextStep: 'gateway setup --help',
  })
}

async function readTypedSecret(
  { stdin }: Context,
  { secretStdin, yes }: SetupOptions,
): Promise<string | undefined> {
  if (!secretStdin) return undefined
  if (!yes) {
    throw new CliError('--secret-stdin takes all of standard input, so nobody can answer there.', {
      exitCode: EXIT_CODE.usage,
      nextStep: 'give every answer as an option, and --yes',
    })
  }
  return (await readStream(stdin)).trim()
}

/** What is wrong with the file is told by whoever starts with it. */
function hasFileProviders({ environment, workingDirectory }: Context): boolean {
  const path = resolve(workingDirectory, environment['GATEWAY_CONFIG'] || 'gateway.yaml')
  if (!existsSync(path)) return false
  const { providers = {} } = readYamlFile(path, gatewayFile).content ?? {}
  return Object.keys(providers).length > 0
}

/** A start with this file must not be refused. */
function requireStartable(context: Context, before: EnvFile, after: EnvFile): void {
  const { environment, workingDirectory } = context
  // What the process was given wins over the file, and what only the old file said is gone.
  const own = Object.entries(environment).filter(([name, value]) => before.values[name] !== value)
  try {
    readConfiguration({
      environment: { ...after.values, ...Object.fromEntries(own) },
      workingDirectory,
    })
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    const lines = ['With these answers the gateway would not start:', ...cause.faults]
    throw new CliError(`${lines.join('\n  ')}\nNothing was written.`, {
      nextStep: 'answer anew, or correct .env and gateway.yaml first',
      cause,
    })
  }
}

function changedNames(before: EnvFile, after: EnvFile): string[] {
  const names = new Set([...Object.keys(before.values), ...Object.keys(after.values)])
  return [...names].filter((name) => before.values[name] !== after.values[name])
}
