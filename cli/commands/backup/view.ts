/** `gateway backup view`: what is inside, in figures. */

import { Command } from 'commander'
import type { KeyOptions } from '../../backup/locks.ts'
import { openBackup, withKeyOptions } from '../../backup/open-backup.ts'
import { aboutLines, summaryLines } from '../../backup/summary.ts'
import type { CommandMaker } from '../../context.ts'

export const viewCommand: CommandMaker = (context) =>
  withKeyOptions(
    new Command('view')
      .description('Open a backup, and count what is inside by family; no record is shown.')
      .argument('<file>')
      .action(async (file: string, options: KeyOptions) => {
        const { path, heading, summary } = await openBackup(context(), file, options)
        const { secret: _, ...figures } = summary
        context().output.result({ file: path, ...heading.about, ...figures }, () => [
          ...aboutLines(path, heading.about),
          '',
          ...summaryLines(summary),
        ])
      }),
  )
