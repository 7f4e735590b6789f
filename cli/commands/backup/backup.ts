/** `gateway backup`: everything a gateway needs to go on elsewhere, in one closed file. */

import { join } from 'node:path'
import { Command } from 'commander'
import { count, toByteSize } from '../../administration/cells.ts'
import type { About } from '../../backup/about.ts'
import { findContainers } from '../../backup/containers.ts'
import { type BackupOptions, fetchBackup } from '../../backup/from-containers.ts'
import { closeWith } from '../../backup/locks.ts'
import {
  type BackupWishes,
  backupName,
  type MadeBackup,
  makeBackup,
} from '../../backup/make-backup.ts'
import { backupFolder, issuerOf } from '../../backup/settings.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
import { COMPLETE, type CommandMaker, type Context } from '../../context.ts'
import { keyCommand } from './key.ts'
import { listCommand } from './list.ts'
import { nightlyCommand } from './nightly.ts'
import { unpackCommand } from './unpack.ts'
import { verifyCommand } from './verify.ts'
import { viewCommand } from './view.ts'

const NOTES = `
The store is copied as of one moment, while the gateway runs or not; writers wait meanwhile, for a second and a half at most.
The root secret and the signing keys are always in it: whoever opens it can be this gateway.

A passphrase is asked for, or comes from --passphrase-file, BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE. With a public key
(--recipient, BACKUP_RECIPIENT) nothing that opens backups has to be on this machine.

Where the gateway runs in containers, one of them makes the backup, and it is written here.

Examples:
  $ gateway backup                                  into backups/, named after gateway and time
  $ gateway backup /mnt/safe/today.backup --with-services --with-configuration
  $ gateway backup key ~/backup-key.txt             once; keep that file elsewhere
  $ gateway backup --recipient age1…                needs no passphrase
  $ gateway backup list
  $ gateway backup verify backups/localhost-20261129T031500Z.backup
`

export const backupCommand: CommandMaker = (context) =>
  new Command('backup')
    .description('Write a backup: closed, and as of one moment. Or look after backups.')
    .argument('[file]', 'where to, - is standard output; without it into BACKUP_FOLDER (backups)')
    .option('--recipient <key…>', 'a public key of age (age1…); may be repeated', toList)
    .option('--passphrase-file <file>', 'the file that holds the passphrase')
    .option(
      '--with-services [names]',
      'also the files that services keep, of all or of these',
      toNames,
    )
    .option('--with-configuration', 'also gateway.yaml and .env')
    .addHelpText('after', NOTES)
    .action((file: string | undefined, options: BackupOptions) => backup(context(), file, options))
    .addCommand(listCommand(context))
    .addCommand(viewCommand(context))
    .addCommand(verifyCommand(context))
    .addCommand(unpackCommand(context))
    .addCommand(keyCommand(context))
    .addCommand(nightlyCommand(context))

function toList(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function toNames(value: string): readonly string[] {
  return value.split(',').map((name) => name.trim())
}

async function backup(
  context: Context,
  file: string | undefined,
  options: BackupOptions,
): Promise<void> {
  const { output } = context
  requireNoCommand(file)
  const path = file ?? join(backupFolder(context), backupName(issuerOf(context), context.clock()))
  const isInContainers = (await findContainers(context)) !== undefined
  const { about, ...facts } = isInContainers
    ? await fetchBackup(context, path === STDOUT ? output.stdout : path, options)
    : await makeBackup(
        context,
        path === STDOUT ? output.stdout : path,
        await closeWith(context, options),
        toWishes(context, options),
      )
  const value = { ...facts, ...about }
  if (path === STDOUT) {
    output.note(output.json ? JSON.stringify(value) : describe(facts, about))
    return
  }
  output.result(value, () => [
    describe(facts, about),
    'Whoever opens it can be this gateway. Keep it, and what opens it, apart.',
  ])
}

const STDOUT = '-'

/** A mistyped `backup list` would write a backup of that name. */
function requireNoCommand(file: string | undefined): void {
  if (file === undefined || !/^[a-z]+$/.test(file)) return
  throw new CliError(`backup has no command ${file}.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `if it is a file: gateway backup ./${file}; else gateway backup --help`,
  })
}

function toWishes({ environment, output }: Context, options: BackupOptions): BackupWishes {
  return {
    services: options.withServices ?? [],
    configuration: options.withConfiguration === true,
    // The account of a container is another one than that of the files.
    ...(environment[COMPLETE] === 'true' && {
      onUnreadable: ({ message }: CliError) => output.note(`Left out: ${message}`),
    }),
  }
}

function describe({ file, records, bytes }: Omit<MadeBackup, 'about'>, about: About): string {
  const name = file === STDOUT ? 'The backup' : file
  return `${name}: ${count(records, 'record')} of ${about.issuer}, ${toByteSize(bytes)}, opened by a ${about.opened_by}.`
}
