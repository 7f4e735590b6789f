/**
 * Where the command line keeps its logins: one file for each MCP server, under the account's state
 * folder (XDG Base Directory), readable by this account alone.
 */

import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Environment } from '../../../lib/platform/environment.ts'
import { CliError } from '../../cli-error.ts'

const DIGEST_CHARACTERS = 16

/** The folder, made when it is missing (0700). */
export function prepareLoginFolder(environment: Environment): string {
  const folder = loginFolder(environment)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  } catch (cause) {
    throw new CliError(`The folder for logins cannot be made: ${(cause as Error).message}`, {
      nextStep: 'set XDG_STATE_HOME to a folder of your own',
      cause,
    })
  }
}

function loginFolder(environment: Environment): string {
  const named = environment['XDG_STATE_HOME'] ?? ''
  // A relative one is to be ignored (XDG Base Directory Specification).
  const home = environment['HOME'] ?? homedir()
  const base = isAbsolute(named) ? named : join(home, '.local', 'state')
  return join(base, 'mcp-oauth-gateway', 'logins')
}

/** A name that a person recognises, and that two URLs never share. */
export function loginFileName(url: string): string {
  const host = new URL(url).host.replaceAll(/[^a-z0-9.-]/g, '_')
  const digest = createHash('sha256').update(url).digest('hex').slice(0, DIGEST_CHARACTERS)
  return `${host}-${digest}`
}
