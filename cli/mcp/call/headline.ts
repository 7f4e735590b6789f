/** The first sentence of a text of somebody else's, for a table. */

import { escapeControls } from '../../log/terminal-line.ts'

const CHARACTERS_MAX = 100

export function headline(text: string | undefined): string {
  const line = (text ?? '').trim().split(/\n/, 1)[0] ?? ''
  const short = line.length > CHARACTERS_MAX ? `${line.slice(0, CHARACTERS_MAX - 1)}…` : line
  return escapeControls(short)
}
