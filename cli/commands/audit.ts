/** `gateway audit`: who did what to what, and what came of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { AUDIT_KINDS, type AuditEntry, type AuditFilter } from '../../lib/store/audit-record.ts'
import { type AuditSource, withAudit } from '../administration/audit-source.ts'
import type { CommandMaker, Context } from '../context.ts'
import { escapeControls } from '../log/terminal-line.ts'
import { type Output, toJsonRow, toTable } from '../output.ts'
import { parseCount } from '../parse-count.ts'

const ENTRIES = 50
const ENTRIES_MAX = 10_000
const LOOK_EVERY_MS = 500

interface AuditOptions {
  readonly follow?: true
  readonly entries: number
  readonly kind?: AuditFilter['kind']
  readonly user?: string
  readonly client?: string
  readonly service?: string
  readonly tool?: string
  readonly outcome?: string
  readonly request?: string
}

const NOTES = `
With --json each entry is a JSON document on a line of its own. docs/observability.md says what its members mean.

Examples:
  $ gateway audit --kind refusal                  whatever was refused
  $ gateway audit --kind login --user dev:anna    when somebody logged in, and from where
  $ gateway audit -f --kind administration        what operators do, as it happens
`

export const auditCommand: CommandMaker = (context) =>
  new Command('audit')
    .description('Print who did what, and what came of it.')
    .option('-f, --follow', 'go on with what comes')
    .option(
      '-n, --entries <count>',
      'how many of the last entries',
      parseCount(ENTRIES_MAX),
      ENTRIES,
    )
    .addOption(
      new Option('--kind <kind>', 'only of this kind; refusal: of any kind, and refused').choices([
        ...AUDIT_KINDS,
        'refusal',
      ]),
    )
    .option('--user <sub>', 'only of this person, e.g. github:583231, or of operator:root')
    .option('--client <id>', 'only through this client')
    .option('--service <name>', 'only of this service')
    .option('--tool <name>', 'only calls of this tool')
    .option('--outcome <word>', 'only with this outcome, e.g. denied')
    .option('--request <id>', 'only by this request')
    .addHelpText('after', NOTES)
    .action(async (options: AuditOptions) => {
      await withAudit(context(), toFilter(options), (source) =>
        showAudit(context(), source, options),
      )
    })

async function showAudit(
  { output }: Context,
  source: AuditSource,
  options: AuditOptions,
): Promise<void> {
  // Before the first look: what comes meanwhile is shown by one of the two.
  let end = await source.end()
  const last = await source.last(options.entries)
  if (!(await show(output, last, { isFirst: true })) || !options.follow) return
  end = last.at(-1)?.id ?? end
  for (;;) {
    const next = await source.next(end)
    if (!(await show(output, next.entries, { isFirst: false }))) return
    if (next.end === end) await sleep(LOOK_EVERY_MS)
    end = next.end
  }
}

function toFilter(options: AuditOptions): AuditFilter {
  const { kind, user, client: client_id, service, tool: target, outcome, request } = options
  return { kind, user, client_id, service, target, outcome, request_id: request }
}

interface Look {
  /** The head of the table stands above the first alone. */
  readonly isFirst: boolean
}

/** @returns false once nobody reads any more. */
async function show(output: Output, entries: readonly AuditEntry[], look: Look): Promise<boolean> {
  for (const line of toLines(output.json, entries, look)) {
    if (!(await output.send(line))) return false
  }
  return true
}

function toLines(json: boolean, entries: readonly AuditEntry[], { isFirst }: Look): string[] {
  if (json) return entries.map(({ record }) => toJsonRow(record))
  if (entries.length === 0 && !isFirst) return []
  return toTable([...(isFirst ? [HEAD] : []), ...entries.map(toRow)])
}

const HEAD = ['TIME', 'USER', 'CLIENT', 'SERVICE', 'ACTION', 'TARGET', 'OUTCOME', 'MS', 'FROM']

function toRow({ record }: AuditEntry): string[] {
  const { at, user, client_id, service, action, target, outcome, duration_ms, address } = record
  const cells = [user, client_id, service, action, target, outcome, duration_ms, address]
  return [new Date(at).toISOString(), ...cells.map((cell) => toCell(cell))]
}

function toCell(value: string | number | undefined): string {
  return value === undefined ? '-' : escapeControls(String(value))
}
