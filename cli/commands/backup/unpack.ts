/** `gateway backup unpack`: what another machine needs before its gateway can start at all. */

import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { writeWhole } from '../../../lib/platform/whole-file.ts'
import { readBackup } from '../../backup/file.ts'
import type { KeyOptions } from '../../backup/locks.ts'
import { openBackup, withKeyOptions } from '../../backup/open-backup.ts'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'

const NOTES = `
Written are root-secret, and gateway.yaml and .env of a backup --with-configuration; for their owner alone, and never over
one that is there. \`gateway restore\` needs none of it where the root secret is the gateway's own.
`

export const unpackCommand: CommandMaker = (context) =>
  withKeyOptions(
    new Command('unpack')
      .description('Write the root secret and the configuration of a backup into a folder.')
      .argument('<file>')
      .argument('<folder>')
      .addHelpText('after', NOTES)
      .action((file: string, folder: string, options: KeyOptions) =>
        unpack(context(), file, folder, options),
      ),
  )

async function unpack(
  context: Context,
  file: string,
  folder: string,
  options: KeyOptions,
): Promise<void> {
  const { path, heading, decrypter, summary } = await openBackup(context, file, options)
  const texts = new Map([['root-secret', `${summary.secret}\n`]])
  for await (const entry of readBackup(path, heading, decrypter)) {
    if (entry.type === 'configuration') texts.set(entry.name, entry.text)
  }
  const target = resolve(context.workingDirectory, folder)
  mkdirSync(target, { recursive: true, mode: 0o700 })
  const there = [...texts.keys()].filter((name) => existsSync(join(target, name)))
  if (there.length > 0) {
    throw new CliError(`${target} has ${there.join(', ')} already. Nothing was written.`, {
      nextStep: 'name an empty folder',
    })
  }
  for (const [name, text] of texts) writeWhole(join(target, name), text)
  const written = [...texts.keys()].map((name) => join(target, name))
  context.output.result({ written }, () => written)
}
