/** `gateway backup nightly`: in the foreground, a backup each night. */

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Command } from 'commander'
import { createLog } from '../../../lib/platform/log.ts'
import { closeWith } from '../../backup/locks.ts'
import { backUpForTheNight, isOverdue, nextAt } from '../../backup/nightly.ts'
import { backupFolder, isClosingSet, issuerOf, readBackupSettings } from '../../backup/settings.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'

const NOTES = `
BACKUP_RECIPIENT (or BACKUP_PASSPHRASE_FILE) closes them, BACKUP_AT is when (03:15, UTC), BACKUP_FOLDER where, BACKUP_KEEP
how many are kept (14), BACKUP_SERVICES whether the files of services are in them. gateway.yaml and .env always are. Backups that
were made by hand stay. The first one is made at once when there is none of the last day.

A service of your system runs it beside the gateway. What goes wrong is in its log, and tried again the next night.
`

/** A clock that is set, or a machine that slept, is noticed within this. */
const STEP_MS = 60_000

export const nightlyCommand: CommandMaker = (context) =>
  new Command('nightly')
    .description('Run in the foreground, and make a backup each night.')
    .addHelpText('after', NOTES)
    .action(() => runNightly(context()))

async function runNightly(context: Context): Promise<void> {
  const { clock, environment } = context
  if (!isClosingSet(environment)) {
    throw new CliError('Nothing closes the backups.', {
      exitCode: EXIT_CODE.usage,
      nextStep:
        'set BACKUP_RECIPIENT to a public key (gateway backup key FILE makes one), or BACKUP_PASSPHRASE_FILE to a file',
    })
  }
  const lock = await closeWith(context, {})
  const { BACKUP_AT: minutes } = readBackupSettings(context)
  const log = createLog('backup', 'info')
  const ended = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort())
  if (await isOverdue(backupFolder(context), issuerOf(context), clock())) {
    await backUpForTheNight(context, lock, log)
    giveMemoryBack()
  }
  let next = nextAt(clock(), minutes)
  log.info({ next: new Date(next).toISOString() }, 'waiting for the night')
  while (!ended.signal.aborted) {
    await sleep(STEP_MS, undefined, { signal: ended.signal }).catch(() => {})
    if (ended.signal.aborted || clock() < next) continue
    await backUpForTheNight(context, lock, log)
    giveMemoryBack()
    next = nextAt(clock(), minutes)
  }
}

/** A passphrase takes 256 MB to become a key (age, scrypt): idle, Node would hold them until the next night. */
function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
