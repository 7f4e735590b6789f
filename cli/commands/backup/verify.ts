/** `gateway backup verify`: whether a restore could use it. */

import { Command } from 'commander'
import { count } from '../../administration/cells.ts'
import type { KeyOptions } from '../../backup/locks.ts'
import { openBackup, withKeyOptions } from '../../backup/open-backup.ts'
import type { CommandMaker } from '../../context.ts'

const NOTES = `
Everything is opened and read: each record must be one, the checksum must fit, the end must be there, and the root secret
must open the signing keys. Exit code 1 and what is wrong, where something is.
`

export const verifyCommand: CommandMaker = (context) =>
  withKeyOptions(
    new Command('verify')
      .description('Open a backup and check every record of it.')
      .argument('<file>')
      .addHelpText('after', NOTES)
      .action(async (file: string, options: KeyOptions) => {
        const { path, heading, summary } = await openBackup(context(), file, options)
        const { records } = summary
        const files = Object.values(summary.files).reduce((sum, one) => sum + one.files, 0)
        context().output.result(
          { file: path, whole: true, made_at: heading.about.made_at, records, files },
          () => [`${path} is whole: ${count(records, 'record')}, ${count(files, 'file')}.`],
        )
      }),
  )
