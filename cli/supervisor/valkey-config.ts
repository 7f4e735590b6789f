/**
 * Valkey's configuration: on a unix socket alone, with a password, and nothing lost by a crash.
 *
 * The one source of it, for the embedded default and for containers alike.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../../lib/platform/secret.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'

/** `everysec` answers sooner and loses up to a second when the machine dies. */
export const FSYNC = ['always', 'everysec'] as const
export type Fsync = (typeof FSYNC)[number]

export interface ValkeySettings {
  /** Absolute path of the folder that holds its data. */
  readonly folder: string
  readonly socketPath: string
  readonly password: Secret
  readonly fsync: Fsync
}

/** Writes the file beside the data, 0600 for the password in it, and answers its path. */
export function writeValkeyConfig(settings: ValkeySettings): string {
  mkdirSync(settings.folder, { recursive: true, mode: 0o700 })
  const path = join(settings.folder, 'valkey.conf')
  writeWhole(path, renderValkeyConfig(settings))
  return path
}

export function renderValkeyConfig({
  folder,
  socketPath,
  password,
  fsync,
}: ValkeySettings): string {
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
    `appendfsync ${fsync}`,
    // Beside the log a snapshot: one file to copy, and to fall back on.
    'save 3600 1 300 100 60 10000',
    // A disk that takes no more is told to whoever writes, not found out by whoever reads.
    'stop-writes-on-bgsave-error yes',
    // A title of its own would overwrite the environment, and with it the marker that finds it.
    'set-proc-title no',
  ]
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
