/** A backup each night: when the next one is due, making it, and taking away those that are too old. */

import { join } from 'node:path'
import type { Log } from '../../lib/platform/log.ts'
import type { Context } from '../context.ts'
import { tellsOfEmptyStore } from './contents.ts'
import { DAY_MS, listBackups, noteFailure, removeLeftovers, removeOld } from './folder.ts'
import type { Lock } from './locks.ts'
import { type BackupWishes, backupName, makeBackup } from './make-backup.ts'
import { backupFolder, issuerOf, readBackupSettings } from './settings.ts'

const MINUTE_MS = 60_000

/** @param minutes of the day, UTC. @returns the next such moment after now. */
export function nextAt(now: number, minutes: number): number {
  const today = Math.floor(now / DAY_MS) * DAY_MS + minutes * MINUTE_MS
  return today > now ? today : today + DAY_MS
}

/** The one that is waited for, unless the clock was put back since: then the night comes sooner than that. */
export function stillNext(next: number, now: number, minutes: number): number {
  return now < next ? Math.min(next, nextAt(now, minutes)) : next
}

/**
 * Whether there is none of the last day: then the first one is not waited for. One of days to come is of a clock that
 * was ahead.
 */
export async function isOverdue(folder: string, issuer: string, now: number): Promise<boolean> {
  const found = await listBackups(folder).catch(() => [])
  const times = found
    .filter(({ about }) => about?.issuer === issuer)
    .map(({ about }) => Date.parse(about?.made_at ?? ''))
  return !times.some((time) => Math.abs(now - time) < DAY_MS)
}

/**
 * Never fails: what goes wrong is in the log and in the folder, and the next night it is tried again.
 * @returns false when there is nothing yet that could be kept: no gateway has started with this store.
 */
export async function backUpForTheNight(context: Context, lock: Lock, log: Log): Promise<boolean> {
  const { BACKUP_SERVICES: withServices } = readBackupSettings(context)
  const folder = backupFolder(context)
  try {
    const issuer = issuerOf(context)
    await removeLeftovers(folder, context.clock())
    const path = join(folder, backupName(issuer, context.clock()))
    const wishes: BackupWishes = {
      services: withServices ? true : [],
      configuration: true,
      onUnreadable: ({ message }) => log.warn({ reason: message }, 'left out of the backup'),
      isNightly: true,
    }
    const { file, bytes, records } = await makeBackup(context, path, lock, wishes)
    log.info({ file, bytes, records }, 'backup made')
    await noteFailure(folder, undefined)
    await dropOld(context, issuer, log)
  } catch (error) {
    if (tellsOfEmptyStore(error)) return false
    log.error({ err: error, folder }, 'no backup was made')
    const at = new Date(context.clock()).toISOString()
    // Where not even that can be written, the log has to do.
    await noteFailure(folder, { at, message: (error as Error).message }).catch(() => {})
  }
  return true
}

async function dropOld(context: Context, issuer: string, log: Log): Promise<void> {
  const { BACKUP_KEEP: most } = readBackupSettings(context)
  const folder = backupFolder(context)
  try {
    const removed = await removeOld(folder, issuer, { most, now: context.clock() })
    log.info({ removed: removed.length }, 'old backups removed')
  } catch (error) {
    log.error({ err: error, folder }, 'old backups could not be removed')
  }
}
