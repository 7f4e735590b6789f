/** The containers' lines as Docker keeps them, read as the embedded gateway reads its parts'. */

import { text } from 'node:stream/consumers'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { spawnCompose } from '../docker/spawn-compose.ts'
import { parseContainers } from '../status/compose-ps.ts'
import { findDockerCompose } from '../status/docker-compose.ts'
import { linesOf } from './lines.ts'
import { type LogRecord, parseLine } from './log-record.ts'
import type { LogSource } from './log-source.ts'

/** Undefined where the folder has no project, or none that was ever started. */
export async function composeSource(context: Context): Promise<LogSource | undefined> {
  const { workingDirectory, environment } = context
  const compose = await findDockerCompose(workingDirectory, environment)
  if (compose === undefined || parseContainers(await compose.ps()).length === 0) return undefined
  // By container, when Docker took its last line: there the rest goes on.
  const last = new Map<string, string>()
  return {
    records: (since) => readLines(context, toSince(since), last),
    follow: () => readLines(context, ['--follow', ...toResume(last)], last),
  }
}

function toSince(since: number | undefined): string[] {
  return since === undefined ? [] : ['--since', new Date(since).toISOString()]
}

/** Docker's `--since` is for all containers: what was seen of one already is left out below. */
function toResume(last: ReadonlyMap<string, string>): string[] {
  const [first] = [...last.values()].toSorted()
  return first === undefined ? ['--tail', '0'] : ['--since', first]
}

async function* readLines(
  context: Context,
  args: readonly string[],
  last: Map<string, string>,
): AsyncIterable<LogRecord> {
  const options = ['logs', '--no-color', '--timestamps', ...args]
  const { child, exit } = spawnCompose(context, options)
  child.stdin.end()
  const complaint = text(child.stderr)
  try {
    for await (const line of linesOf(child.stdout)) {
      const record = parseComposeLine(line, last)
      if (record !== undefined) yield record
    }
    if ((await exit) !== 0) {
      throw new CliError(`docker compose logs failed: ${(await complaint).trim()}`, {
        nextStep: 'docker compose ps, docker info',
      })
    }
  } finally {
    child.kill()
  }
}

/** `mcp-bridge-1  | 2026-01-02T03:04:05.000000006Z what it printed`; older ones have the project before it. */
const LINE = /^((\S+?)(?:-\d+)?)\s+\| (\d{4}-\d\d-\d\dT\S+Z) ?(.*)$/

/** Undefined for what was read before. @param last by container, Docker's time of what was read. */
export function parseComposeLine(line: string, last: Map<string, string>): LogRecord | undefined {
  const [, container = '', name = '', time = '', printed = ''] = LINE.exec(line) ?? []
  if (name === '' || printed.trim() === '') return undefined
  if (time <= (last.get(container) ?? '')) return undefined
  last.set(container, time)
  return parseLine(name, printed, Date.parse(time))
}
