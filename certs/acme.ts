/** Certificates of an ACME authority, by lego. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, type Environment } from '../lib/platform/environment.ts'
import { CHALLENGE_PREFIX } from './challenge-server.ts'
import type { CertsConfig } from './config.ts'
import { FOLDERS } from './files.ts'
import { type Challenge, type LegoSettings, runLego } from './lego.ts'
import { PairFault } from './pair.ts'
import type { Issuer } from './renewal.ts'

export interface AcmeOptions {
  readonly config: CertsConfig
  /** Where lego's variables are. */
  readonly environment: Environment
  /** The room's. */
  readonly folder: string
  readonly webroot: string
}

/** @throws ConfigError when something is missing. */
export function acmeIssuer(options: AcmeOptions): Issuer {
  const { config, webroot } = options
  const settings = legoSettings(options)
  const { CERTS_PLAIN_HOST: host, CERTS_PLAIN_PORT: port } = config
  return {
    origin: `acme ${config.ACME_DIRECTORY_URL}`,
    async issue(names, signal) {
      if (settings.challenge.kind === 'http' && port !== undefined) {
        await untilAnswered(webroot, `${host}:${port}`, signal)
      }
      return await runLego(settings, names, signal)
    },
  }
}

function legoSettings({ config, environment, folder, webroot }: AcmeOptions): LegoSettings {
  const { CERTS_LEGO: program, ACME_EMAIL: email } = config
  if (program === undefined || email === undefined) {
    throw new ConfigError(['CERTS_LEGO and ACME_EMAIL must be set where an authority is asked'])
  }
  return {
    program,
    folder: join(folder, FOLDERS.acme),
    email,
    directoryUrl: config.ACME_DIRECTORY_URL,
    challenge: toChallenge(config, webroot),
    environment: legoEnvironment(config, environment),
  }
}

function toChallenge(config: CertsConfig, webroot: string): Challenge {
  const { ACME_DNS_PROVIDER: provider } = config
  if (provider === undefined) return { kind: 'http', webroot }
  return {
    kind: 'dns',
    provider,
    resolvers: config.ACME_DNS_RESOLVERS,
    propagationCheck: config.ACME_DNS_PROPAGATION_CHECK,
  }
}

const COMMON = ['PATH', 'HOME', 'TMPDIR', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']

function legoEnvironment(config: CertsConfig, environment: Environment): Record<string, string> {
  const names = [...COMMON, ...config.CERTS_DNS_VARIABLES]
  const given = names.flatMap((name): [string, string][] => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value]]
  })
  const trusted = config.ACME_CA_FILE
  return {
    ...Object.fromEntries(given),
    ...(trusted !== undefined && {
      LEGO_CA_CERTIFICATES: trusted,
      // Beside those of the system, not in their place.
      LEGO_CA_SYSTEM_CERT_POOL: 'true',
    }),
  }
}

const ANSWER_MS_MAX = 30_000
const ASK_EVERY_MS = 200

/** An authority that asks before Envoy answers counts a failure, and refuses after a few. */
async function untilAnswered(webroot: string, host: string, signal: AbortSignal): Promise<void> {
  const folder = join(webroot, CHALLENGE_PREFIX)
  const token = `probe-${randomBytes(16).toString('hex')}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, token), token, { mode: 0o600 })
  try {
    for (let waited = 0; waited < ANSWER_MS_MAX; waited += ASK_EVERY_MS) {
      if (await answers(`http://${host}${CHALLENGE_PREFIX}${token}`, token)) return
      await sleep(ASK_EVERY_MS, undefined, { signal })
    }
  } finally {
    rmSync(join(folder, token), { force: true })
  }
  throw new PairFault(`${host} does not answer: nobody could prove that the names are ours`)
}

async function answers(url: string, expected: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(1000) })
    return (await answer.text()) === expected
  } catch {
    return false
  }
}
