/** What a person reads of an import: what comes, what does not and why, and what is left to do. */

import { escapeControls } from '../../log/terminal-line.ts'
import { followedLines } from '../follow.ts'
import type { Imported, ImportedEntry } from './import-servers.ts'

export function planLines({ entries, leftOut, failed }: Imported): string[] {
  return [
    ...entries.flatMap(entryLines),
    ...[...leftOut, ...failed].flatMap(({ given, why }) => [
      `${escapeControls(given) || '""'} is left out:`,
      ...why.split('\n').map((line) => `    ${line}`),
    ]),
    ...(entries.length === 0 ? ['There is nothing to import.'] : []),
  ]
}

function entryLines({ name, trial, notes, missing }: ImportedEntry): string[] {
  const head =
    trial === undefined ? `${name} (not tried)` : `${name} works: ${trial.tools.length} tools`
  return [
    head,
    ...notes.map((note) => `    ${escapeControls(note)}`),
    ...missing.map((secret) => `    it needs ${secret}: write ${secret}=… into .env`),
  ]
}

export function importedLines(imported: Imported): string[] {
  const { path, envPath, entries, secrets, followed } = imported
  if (followed === undefined) return ['Nothing was written.']
  return [
    `${entries.length} written into ${path}.`,
    ...(secrets.length === 0
      ? []
      : [
          `${envPath} holds ${secrets.join(', ')}, for its owner alone (mode 600). The client's file still holds them, too.`,
        ]),
    ...followedLines(followed),
    ...(followed.state === 'none' && secrets.length > 0
      ? ['In Docker, secrets are handed out by: docker compose up -d']
      : []),
    ...entries.map(({ name, url }) => `${name}  ${url}`),
  ]
}

/** The same for a program. */
export function toImportedJson({ path, envPath, followed, ...imported }: Imported): object {
  const { entries, leftOut, failed, secrets } = imported
  return {
    path,
    env_path: envPath,
    written: followed !== undefined,
    gateway: followed?.state ?? null,
    entries: entries.map(({ given, name, url, definition, trial, notes, missing }) => ({
      given,
      name,
      url,
      entry: definition,
      tools: trial?.tools.map((tool) => tool.name) ?? null,
      notes,
      missing_secrets: missing,
    })),
    left_out: leftOut,
    failed,
    secrets,
  }
}
