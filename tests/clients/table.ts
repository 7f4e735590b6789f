/** Clients and columns as a table for the terminal. */

import { COLUMNS } from './driver.ts'
import type { ClientResult } from './try-client.ts'

export function toTerminalTable(results: readonly ClientResult[]): string {
  const rows = results.map(({ title, version, columns }) => [
    title,
    version,
    ...COLUMNS.map((column) => columns[column].state),
  ])
  const all = [['client', 'version', ...COLUMNS], ...rows]
  const widths = all[0]?.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths?.[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
