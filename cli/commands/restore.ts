/** `gateway restore`: a backup in the place of what a gateway has. */

import { Command } from 'commander'
import { count } from '../administration/cells.ts'
import { type Containers, findContainers } from '../backup/containers.ts'
import { readBackup } from '../backup/file.ts'
import { requireFittingGateway } from '../backup/fitting-gateway.ts'
import { bringIn, type Found, type ToldRestore } from '../backup/into-containers.ts'
import { remainingLines } from '../backup/journal.ts'
import type { KeyOptions } from '../backup/locks.ts'
import { type OpenedBackup, openBackup, withKeyOptions } from '../backup/open-backup.ts'
import { withQuietStore } from '../backup/reach-store.ts'
import { restoreInto } from '../backup/restore.ts'
import { requireNoSilentGateway } from '../backup/silent-gateway.ts'
import { aboutLines, summaryLines } from '../backup/summary.ts'
import { confirm, YES_OPTION } from '../confirm.ts'
import { type CommandMaker, type Context, stateDirectoryOf } from '../context.ts'

interface RestoreOptions extends KeyOptions {
  readonly dryRun?: true
  readonly replace?: true
  readonly yes?: true
}

const NOTES = `
The gateway must not run: gateway stop. Its store need not: it is started for this alone. In containers it must, as new as it
may be: everything but the store is stopped meanwhile, and then started again. PUBLIC_URL or BASE_DOMAIN must
be what they were. All of it comes back or nothing; what is broken off is finished or undone by the next start or restore.

Access tokens from before have to be renewed, which clients do by themselves; nobody has to log in. Where people have
logged in already, --replace is needed: what was revoked there, and who was disabled there, stays so. Over the store
that the backup is of, also after it was restored, whatever was ended since stays ended too.

Examples:
  $ gateway restore backups/localhost-20261129T031500Z.backup --dry-run
  $ gateway restore /mnt/safe/today.backup --identity /mnt/key/backup-key.txt
  $ gateway restore today.backup --replace --yes --passphrase-file /run/secrets/passphrase
`

export const restoreCommand: CommandMaker = (context) =>
  withKeyOptions(
    new Command('restore')
      .description('Put a backup in the place of what this gateway has.')
      .argument('<file>')
      .option('--dry-run', 'check everything, and say what would come back')
      .option('--replace', 'also where people have logged in already')
      .option(...YES_OPTION)
      .addHelpText('after', NOTES)
      .action((file: string, options: RestoreOptions) => restore(context(), file, options)),
  )

async function restore(context: Context, file: string, options: RestoreOptions): Promise<void> {
  const containers = await findContainers(context)
  if (containers !== undefined) return await restoreContainers(context, containers, file, options)
  const backup = await openBackup(context, file, options)
  requireFittingGateway(context, backup)
  if (options.dryRun === true) return tellDryRun(context, backup)
  await requireNoSilentGateway(context)
  const stateDirectory = stateDirectoryOf(context)
  const replace = options.replace === true
  if (replace) await confirm(context, options.yes, QUESTION, '--dry-run')
  const { path, heading, decrypter } = backup
  const contents = readBackup(path, heading, decrypter)
  const restored = await withQuietStore(context, 'restore', (redis) =>
    restoreInto(redis, context, { contents, stateDirectory, replace }),
  )
  const { services, made_at } = heading.about
  const told = { file: path, made_at, ...restored, services }
  context.output.result(told, () => [
    ...renderRestored(told),
    'Start the gateway: nobody has to log in anew.',
  ])
}

const QUESTION = 'Replace everything that this gateway has?'

async function restoreContainers(
  context: Context,
  containers: Containers,
  file: string,
  options: RestoreOptions,
): Promise<void> {
  const replace = options.replace === true
  const incoming = await bringIn(context, file, options)
  try {
    const found = await incoming.examine()
    if (options.dryRun === true) return context.output.result(found, () => renderFound(found))
    if (replace) await confirm(context, options.yes, QUESTION, '--dry-run')
    const told = await incoming.putInPlace(containers, replace)
    context.output.result(told, () => [
      ...renderRestored(told),
      told.serving ? 'The gateway serves again.' : 'Not everything serves yet: gateway status',
    ])
  } finally {
    // What happened counts; what is left here goes with the next nightly backup.
    await incoming.remove().catch((error: Error) => context.output.note(error.message))
  }
}

function renderFound({ made_at, issuer, records }: Found): string[] {
  return [
    `${count(records, 'record')} of ${issuer}, made ${made_at}.`,
    'It is whole, and fits this gateway. Nothing was changed.',
  ]
}

function renderRestored({ records, expired, made_at, services, remaining }: ToldRestore): string[] {
  return [
    `${count(records, 'record')} of ${made_at} are back${services.length > 0 ? `, and the files of ${services.join(', ')}` : ''}.`,
    ...(expired > 0 ? [`${count(expired, 'record')} had come to their end since.`] : []),
    ...remainingLines(remaining),
  ]
}

function tellDryRun({ output }: Context, { path, heading, summary }: OpenedBackup): void {
  const { secret: _, ...figures } = summary
  output.result({ dry_run: true, file: path, ...heading.about, ...figures }, () => [
    ...aboutLines(path, heading.about),
    '',
    ...summaryLines(summary),
    '',
    'It is whole, and fits this gateway. Nothing was changed.',
  ])
}
