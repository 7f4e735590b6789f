/** `gateway audit`: who did what to what, and what came of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { Redis } from 'ioredis'
import {
  type AuditEntry,
  type AuditRecord,
  auditAfter,
  auditEnd,
  lastAudit,
} from '../../lib/store/audit-record.ts'
import type { CommandMaker, Context } from '../context.ts'
import { withStore } from '../instance/store.ts'
import { escapeControls } from '../log/terminal-line.ts'
import { type Output, toTable } from '../output.ts'

const ENTRIES = 50
const ENTRIES_MAX = 1_000_000
const LOOK_EVERY_MS = 500

interface AuditOptions {
  readonly follow?: true
  readonly entries: number
  readonly user?: string
  readonly client?: string
  readonly service?: string
  readonly tool?: string
  readonly outcome?: string
}

const NOTES = `
With --json each entry is a JSON document on a line of its own. docs/tools.md says what its members mean.
`

export const auditCommand: CommandMaker = (context) =>
  new Command('audit')
    .description('Print who called which tool, and what came of it.')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --entries <count>', 'how many of the last entries', parseCount, ENTRIES)
    .option('--user <sub>', 'only of this person, e.g. github:583231')
    .option('--client <id>', 'only through this client')
    .option('--service <name>', 'only of this service')
    .option('--tool <name>', 'only calls of this tool')
    .option('--outcome <word>', 'only with this outcome, e.g. denied')
    .addHelpText('after', NOTES)
    .action(async (options: AuditOptions) => {
      await withStore(context(), (redis) => showAudit(context(), redis, options))
    })

async function showAudit({ output }: Context, redis: Redis, options: AuditOptions): Promise<void> {
  const matches = toMatches(options)
  // Before the first look: what comes meanwhile is shown by one of the two.
  let end = await auditEnd(redis)
  const last = await lastAudit(redis, options.entries, matches)
  show(output, last, true)
  if (!options.follow) return
  end = last.at(-1)?.id ?? end
  for (;;) {
    const next = await auditAfter(redis, end)
    end = next.at(-1)?.id ?? end
    show(
      output,
      next.filter(({ record }) => matches(record)),
      false,
    )
    if (next.length === 0) await sleep(LOOK_EVERY_MS)
  }
}

function toMatches(options: AuditOptions): (record: AuditRecord) => boolean {
  const { user, client: client_id, service, tool: target, outcome } = options
  const wanted = Object.entries({ user, client_id, service, target, outcome }).filter(
    ([, value]) => value !== undefined,
  )
  return (record) => wanted.every(([name, value]) => record[name as keyof AuditRecord] === value)
}

function show(output: Output, entries: readonly AuditEntry[], isFirst: boolean): void {
  if (output.json) {
    for (const { record } of entries) output.line(JSON.stringify(record))
    return
  }
  if (entries.length === 0 && !isFirst) return
  for (const line of toTable([...(isFirst ? [HEAD] : []), ...entries.map(toRow)])) output.line(line)
}

const HEAD = ['TIME', 'USER', 'CLIENT', 'SERVICE', 'ACTION', 'TARGET', 'OUTCOME', 'MS']

function toRow({ record }: AuditEntry): string[] {
  const { at, user, client_id, service, action, target, outcome, duration_ms } = record
  const cells = [user, client_id, service, action, target, outcome, duration_ms]
  return [new Date(at).toISOString(), ...cells.map((cell) => toCell(cell))]
}

function toCell(value: string | number | undefined): string {
  return value === undefined ? '-' : escapeControls(String(value))
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= ENTRIES_MAX) return count
  throw new InvalidArgumentError('It must be a whole number.')
}
