/** `gateway keys list`. */

import { Command } from 'commander'
import type { KeyEntry, Page } from '../../../lib/oauth/administration.ts'
import { minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list').description('List the published keys.').action(async () => {
    await withAdministration(context(), async (administration) => {
      const { entries: keys } = await administration.ask<Page<KeyEntry>>('keys/list', {})
      context().output.result({ keys }, () => toTable([HEAD, ...keys.map(toRow)]))
    })
  })

const HEAD = ['KEY', 'ALGORITHM', 'STATE', 'SIGNS FROM', 'PUBLISHED AT LEAST UNTIL']

function toRow({ kid, algorithm, state, signs_from, needed_until }: KeyEntry): string[] {
  return [kid, algorithm, state, minute(signs_from), minute(needed_until)]
}
