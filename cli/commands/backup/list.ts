/** `gateway backup list`. */

import { resolve } from 'node:path'
import { Command } from 'commander'
import { count, minute, toByteSize } from '../../administration/cells.ts'
import { type KeptBackup, lastFailure, listBackups } from '../../backup/folder.ts'
import { backupFolder } from '../../backup/settings.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List the backups of a folder, the latest first. None is opened.')
    .argument('[folder]', 'without it BACKUP_FOLDER (backups)')
    .action(async (folder: string | undefined) => {
      const { output, workingDirectory } = context()
      const place =
        folder === undefined ? backupFolder(context()) : resolve(workingDirectory, folder)
      const found = await listBackups(place)
      output.result(found.map(toJson), () =>
        found.length === 0 ? ['No backups.'] : toTable([HEAD, ...found.map(toRow)]),
      )
      const failed = await lastFailure(place)
      if (failed !== undefined)
        output.note(`The last nightly backup failed (${minute(failed.at)}): ${failed.message}`)
    })

const HEAD = ['MADE', 'SIZE', 'GATEWAY', 'OF', 'WITH', 'OPENED BY', 'FILE']

function toRow({ file, bytes, about, fault }: KeptBackup): string[] {
  const size = toByteSize(bytes)
  if (about === undefined) return ['-', size, '-', '-', '-', '-', `${file} (${fault})`]
  const { made_at, gateway, issuer, services, configuration, opened_by } = about
  const more = [
    ...(services.length > 0 ? [count(services.length, 'service')] : []),
    ...(configuration ? ['configuration'] : []),
  ]
  return [minute(made_at), size, gateway, issuer, more.join(', ') || '-', opened_by, file]
}

function toJson({ file, bytes, about, fault }: KeptBackup) {
  return { file, bytes, fault: fault ?? null, ...about }
}
