/** The one root secret: given by the operator, or made once and kept in the state directory. */

import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Environment, readText } from '../../lib/platform/environment.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { Secret } from '../../lib/platform/secret.ts'

/** What a person could guess would open every key derived from it. */
const LENGTH_MIN = 32

export function readRootSecret(environment: Environment, stateDirectory: string): Secret {
  const path = pathOf(stateDirectory)
  return findRootSecret(environment, stateDirectory) ?? check(keep(path), path)
}

/** Undefined where none is given, and none was made yet. @throws ConfigError for one that is too short. */
export function findRootSecret(
  environment: Environment,
  stateDirectory: string,
): Secret | undefined {
  const given = readGiven(environment)
  if (given !== undefined) return check(given, 'GATEWAY_SECRET')
  const path = pathOf(stateDirectory)
  const kept = read(path)
  return kept === undefined ? undefined : check(kept, path)
}

function readGiven(environment: Environment): string | undefined {
  try {
    return readText('GATEWAY_SECRET', environment)
  } catch (error) {
    throw new ConfigError([`GATEWAY_SECRET ${(error as Error).message}`])
  }
}

function check(text: string, source: string): Secret {
  if (text.length >= LENGTH_MIN) return new Secret(text)
  throw new ConfigError([
    `${source} must have at least ${LENGTH_MIN} characters (openssl rand -base64 32), not ${text.length}`,
  ])
}

/** The one that a gateway has made here before; undefined when none has. */
export function readKept(stateDirectory: string): string | undefined {
  return read(pathOf(stateDirectory))
}

function pathOf(stateDirectory: string): string {
  return join(stateDirectory, 'secret')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError([`${path} cannot be read: ${(error as Error).message}`])
  }
}

/** A link fails when the name exists: of two that make one at once, both take the first. */
function keep(path: string): string {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${randomText()}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path, 'utf8').trimEnd()
}
