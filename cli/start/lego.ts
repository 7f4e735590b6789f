/** Finds lego, which gets certificates, and what its DNS provider wants to know. */

import { resolve } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { findOnPath, isExecutable } from '../../lib/platform/find-on-path.ts'
import { CliError } from '../cli-error.ts'
import { runQuietly } from '../embedded/run-quietly.ts'
import type { LegoPlan } from '../supervisor/certs-part.ts'

/** @throws CliError when it is not there, or does not know the provider. */
export async function planLego(environment: Environment): Promise<LegoPlan> {
  const program = findLego(environment)
  const provider = environment['ACME_DNS_PROVIDER'] ?? ''
  return {
    program,
    variables: provider === '' ? [] : await providerVariables(program, provider, environment),
  }
}

function findLego(environment: Environment): string {
  const named = environment['LEGO_BIN'] ?? ''
  const found = named === '' ? findOnPath('lego', environment) : resolve(named)
  if (found !== undefined && isExecutable(found)) return found
  const where = named === '' ? 'lego is not on PATH' : `LEGO_BIN=${named} is no program`
  throw new CliError(`ACME_EMAIL is set, but ${where}: it gets the certificates.`, {
    nextStep: 'apt-get install lego, or https://go-acme.github.io/lego (version 4) and LEGO_BIN',
  })
}

const HELP_MS_MAX = 10_000

/** Those that lego names itself, and those that begin like the provider: it does not name all. */
async function providerVariables(
  program: string,
  provider: string,
  environment: Environment,
): Promise<string[]> {
  const help = await runQuietly([program, 'dnshelp', '--code', provider], environment, {
    timeoutMs: HELP_MS_MAX,
  })
  if (help.exitCode !== 0) {
    throw new CliError(`lego knows no DNS provider "${provider}" (ACME_DNS_PROVIDER).`, {
      nextStep: 'lego dnshelp prints those it knows',
    })
  }
  const named = [...help.stdout.matchAll(/"([A-Z][A-Z0-9_]+)"/g)].map(([, name = '']) => name)
  const prefix = `${provider.toUpperCase().replaceAll('-', '_')}_`
  const alike = Object.keys(environment).filter((name) => name.startsWith(prefix))
  return [...new Set([...named.flatMap((name) => [name, `${name}_FILE`]), ...alike])]
}
