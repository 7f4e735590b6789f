/** `gateway keys rotate`. */

import { Command } from 'commander'
import type { KeyEntry } from '../../../lib/oauth/administration.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'

interface RotateOptions {
  readonly soon?: boolean
  readonly yes?: true
}

const NOTES = `
Keys come and go by themselves (SIGNING_KEY_LIFETIME). The key that signs now stays published until nothing it has signed
is alive: nobody has to log in again.
`

export const rotateCommand: CommandMaker = (context) =>
  new Command('rotate')
    .description('Publish the next key; in ten minutes it signs.')
    .option('--soon', 'in ten seconds; ID tokens may fail where others keep a copy of /jwks')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async ({ soon = false, yes }: RotateOptions) => {
      await confirm(context(), yes, 'Replace the key that signs?')
      await withAdministration(context(), async (administration) => {
        const next = await administration.ask<KeyEntry>('keys/rotate', { soon })
        context().output.result(next, () => [
          `Key ${next.kid} (${next.algorithm}) is published, and signs from ${next.signs_from} on.`,
        ])
      })
    })
