/** lego, an ACME client: its command line, its run, and the pair that it leaves. */

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Pair, PairFault, toPair } from './pair.ts'

export type Challenge =
  | { readonly kind: 'http'; readonly webroot: string }
  | {
      readonly kind: 'dns'
      readonly provider: string
      readonly resolvers: readonly string[]
      readonly propagationCheck: boolean
    }

export interface LegoSettings {
  readonly program: string
  /** For account and certificates. */
  readonly folder: string
  readonly email: string
  readonly directoryUrl: string
  readonly challenge: Challenge
  /** The whole environment it gets. */
  readonly environment: Readonly<Record<string, string>>
}

/** Records in the DNS take their time to be seen. */
const RUN_MS_MAX = 15 * 60_000
const OUTPUT_BYTES_MAX = 1_000_000
const FAULT_CHARACTERS_MAX = 1000
/** Who reads of more has another trouble than theirs. */
const NAMES_TOLD_MAX = 5
/** RFC 8555 section 6.7. */
const UNKNOWN_ACCOUNT = 'urn:ietf:params:acme:error:accountDoesNotExist'
/** What Let's Encrypt and others take at most. */
const NAMES_MAX = 100

/** @throws PairFault with lego's own words. */
export async function runLego(
  settings: LegoSettings,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Pair> {
  if (names.length > NAMES_MAX) {
    throw new PairFault(
      `${names.length} names are more than the ${NAMES_MAX} of one certificate: set ACME_DNS_PROVIDER for a wildcard`,
    )
  }
  mkdirSync(settings.folder, { recursive: true, mode: 0o700 })
  const certificates = join(settings.folder, 'certificates')
  // Then what is there afterwards is what came.
  rmSync(certificates, { recursive: true, force: true })
  await runWithAccount(settings, names, signal)
  return readResult(certificates)
}

/** lego keeps to the account that it has, also where the authority was set up anew and knows of none. */
async function runWithAccount(
  settings: LegoSettings,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await run(settings, names, signal)
  } catch (error) {
    if (!(error instanceof PairFault && error.message.includes(UNKNOWN_ACCOUNT))) throw error
    // Without one it registers another.
    rmSync(join(settings.folder, 'accounts'), { recursive: true, force: true })
    await run(settings, names, signal)
  }
}

/** Always `run`, which asks anew: `renew` is for those who do not keep account of what is due. */
export function legoArguments(settings: LegoSettings, names: readonly string[]): string[] {
  const { folder, email, directoryUrl, challenge } = settings
  return [
    ...['--path', folder, '--server', directoryUrl, '--email', email, '--accept-tos'],
    ...['--key-type', 'ec256'],
    ...challengeArguments(challenge),
    ...names.flatMap((name) => ['--domains', name]),
    'run',
  ]
}

function challengeArguments(challenge: Challenge): string[] {
  if (challenge.kind === 'http') return ['--http', '--http.webroot', challenge.webroot]
  return [
    ...['--dns', challenge.provider],
    ...challenge.resolvers.flatMap((resolver) => ['--dns.resolvers', resolver]),
    ...(challenge.propagationCheck ? [] : ['--dns.disable-cp']),
  ]
}

function run(settings: LegoSettings, names: readonly string[], signal: AbortSignal): Promise<void> {
  const { program, environment } = settings
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const options = {
    env: environment,
    signal,
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
  } as const
  execFile(program, legoArguments(settings, names), options, (error, stdout, stderr) => {
    if (error === null) resolve()
    else if (error.killed === true) reject(new PairFault('lego did not end in time'))
    else reject(new PairFault(legoFault(`${stdout}\n${stderr}`, names) ?? error.message))
  })
  return promise
}

/** What it says at the end, without its times; before it, which of several names all the others wait for. */
export function legoFault(output: string, names: readonly string[]): string | undefined {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '').trim())
    .filter((line) => line !== '' && !line.startsWith('[INFO]'))
  const fault = lines.join(' ').slice(-FAULT_CHARACTERS_MAX)
  return fault === '' ? undefined : `${whoHoldsUp(lines, names)}lego: ${fault}`
}

/** lego begins a line with each name that could not be proved: in brackets, or before a colon. */
function whoHoldsUp(lines: readonly string[], names: readonly string[]): string {
  const isRefused = (name: string): boolean =>
    lines.some((line) => line.startsWith(`[${name}] `) || line.startsWith(`${name}: `))
  const refused = names.filter(isRefused)
  if (refused.length === 0 || names.length === 1) return ''
  const told = refused.slice(0, NAMES_TOLD_MAX).join(', ')
  const more = refused.length - NAMES_TOLD_MAX
  const all = more > 0 ? `${told} and ${more} more` : told
  return `${all} cannot be proved, and all names are in one certificate: mend what lego says of it, or take its service out. `
}

function readResult(folder: string): Pair {
  const isChain = (name: string): boolean => name.endsWith('.crt') && !name.endsWith('.issuer.crt')
  const chain = readdirSync(folder).find(isChain)
  if (chain === undefined) throw new PairFault('lego left no certificate')
  const path = join(folder, chain)
  const key = readFileSync(path.replace(/\.crt$/, '.key'), 'utf8')
  return toPair(readFileSync(path, 'utf8'), key)
}
