/** `gateway backup key`: a pair of keys for backups. */

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker } from '../../context.ts'

export const keyCommand: CommandMaker = (context) =>
  new Command('key')
    .description('Make a key for backups: the secret half into a file, the public half printed.')
    .argument('<file>', 'for the secret half; it must not exist')
    .action(async (file: string) => {
      const { workingDirectory, clock, output } = context()
      const path = resolve(workingDirectory, file)
      const identity = await generateIdentity()
      const recipient = await identityToRecipient(identity)
      const made = `# created: ${new Date(clock()).toISOString()}\n# public key: ${recipient}\n`
      write(path, `${made}${identity}\n`)
      output.result({ file: path, recipient }, () => [
        recipient,
        `The secret half is in ${path}: without it no backup opens. Keep it elsewhere.`,
        `Write BACKUP_RECIPIENT=${recipient} into .env: then gateway backup asks nothing.`,
      ])
    })

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
  } catch (cause) {
    throw new CliError(`${path} cannot be written: ${(cause as Error).message}`, {
      nextStep: 'name a file that is not there yet',
      cause,
    })
  }
}
