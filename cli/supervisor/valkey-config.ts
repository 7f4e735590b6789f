/** Valkey's configuration: on a unix socket alone, with a password, and nothing lost by a crash. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../../lib/platform/secret.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'

export interface ValkeySettings {
  readonly stateDirectory: string
  readonly socketPath: string
  readonly password: Secret
}

/** Writes the file, 0600 for the password in it, and answers its path. */
export function writeValkeyConfig(settings: ValkeySettings): string {
  const folder = join(settings.stateDirectory, 'valkey')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'valkey.conf')
  writeWhole(path, renderValkeyConfig(folder, settings))
  return path
}

export function renderValkeyConfig(
  folder: string,
  { socketPath, password }: Omit<ValkeySettings, 'stateDirectory'>,
): string {
  const lines = [
    'port 0',
    `unixsocket ${quote(socketPath)}`,
    'unixsocketperm 600',
    `requirepass ${quote(password.reveal())}`,
    `dir ${quote(folder)}`,
    // A grant must never be dropped to make room.
    'maxmemory-policy noeviction',
    // What was answered is on the disk: a rotated refresh token cannot come back.
    'appendonly yes',
    'appendfsync always',
    'save 3600 1 300 100 60 10000',
    // A title of its own would overwrite the environment, and with it the marker that finds it.
    'set-proc-title no',
  ]
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
