/** `gateway backup nightly`: in the foreground, a backup each night. */

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Command } from 'commander'
import { createLog, type Log } from '../../../lib/platform/log.ts'
import { closeWith, type Lock } from '../../backup/locks.ts'
import { backUpForTheNight, isOverdue, nextAt, stillNext } from '../../backup/nightly.ts'
import { backupFolder, isClosingSet, issuerOf, readBackupSettings } from '../../backup/settings.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'

const NOTES = `
BACKUP_RECIPIENT (or BACKUP_PASSPHRASE_FILE) closes them, BACKUP_AT is when (03:15, UTC), BACKUP_FOLDER where, BACKUP_KEEP
how many are kept (14), BACKUP_SERVICES whether the files of services are in them. gateway.yaml and
.env are, where they may be read. Backups that were made by hand stay. The first one is made at once when there is none
of the last day.

A service of your system runs it beside the gateway. What goes wrong is in its log, and tried again the next night.
`

/** A clock that is set, or a machine that slept, is noticed within this. */
const STEP_MS = 60_000
/** A gateway that starts for the first time has written what there is to keep within seconds: looked for ever more seldom. */
const FIRST_LOOK_MS = 2000

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
  const { signal } = ended
  if (await isOverdue(backupFolder(context), issuerOf(context), clock())) {
    await backUpOnceThereIs(context, lock, log, signal)
  }
  let next = nextAt(clock(), minutes)
  log.info({ next: new Date(next).toISOString() }, 'waiting for the night')
  while (!signal.aborted) {
    await pause(STEP_MS, signal)
    const now = clock()
    next = stillNext(next, now, minutes)
    if (signal.aborted || now < next) continue
    await backUpOnceThereIs(context, lock, log, signal)
    next = nextAt(clock(), minutes)
  }
}

/** An empty store is no failure of the night: somebody has yet to start the gateway. */
async function backUpOnceThereIs(
  context: Context,
  lock: Lock,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = FIRST_LOOK_MS
  while (!(await backUpForTheNight(context, lock, log))) {
    if (waitMs === FIRST_LOOK_MS) {
      log.info('nothing to back up yet: no gateway has started with this store')
    }
    await pause(waitMs, signal)
    if (signal.aborted) return
    waitMs = Math.min(2 * waitMs, STEP_MS)
  }
  giveMemoryBack()
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** A passphrase takes 256 MB to become a key (age, scrypt): idle, Node would hold them until the next night. */
function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
