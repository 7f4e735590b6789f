/**
 * A `.env` file that is changed without being rewritten: lines nobody asked about stay byte for byte.
 *
 * Two programs read it, Node's `parseEnv` and Docker Compose: what is written here means the same to both.
 */

import { CliError } from '../cli-error.ts'
import { parseEnvText } from '../context.ts'

export interface EnvFile {
  /** As whoever starts the gateway will understand it. */
  readonly values: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/** `undefined` takes the variable out. */
export type Changes = ReadonlyMap<string, string | undefined>

export function parseEnvFile(text: string): EnvFile {
  return { values: parseEnvText(text), text }
}

/**
 * The text with these variables as wanted: each keeps its place, new ones come at the end.
 * @throws CliError when the file's own lines would keep a variable from being understood.
 */
export function changeEnvFile({ text, values }: EnvFile, wanted: Changes): EnvFile {
  const changes = new Map([...wanted].filter(([name, value]) => values[name] !== value))
  const endOfLine = text.includes('\r\n') ? '\r\n' : '\n'
  const pieces = splitPieces(text)
  const places = new Map(pieces.map(({ name }, index) => [name, index]))
  const kept = pieces.flatMap(({ name, raw }, index) => {
    if (name === undefined || !changes.has(name)) return [raw]
    const value = changes.get(name)
    // Of several with one name the last counts.
    if (value === undefined || places.get(name) !== index) return []
    return [`${toLine(name, value)}${endOfLine}`]
  })
  const added = [...changes].flatMap(([name, value]) =>
    value === undefined || places.has(name) ? [] : [`${toLine(name, value)}${endOfLine}`],
  )
  const before = kept.join('')
  const gap = before === '' || added.length === 0 || before.endsWith('\n') ? '' : endOfLine
  const changed = parseEnvFile(before + gap + added.join(''))
  requireMeaning(changed, { ...values, ...Object.fromEntries(changes) })
  return changed
}

interface Piece {
  /** Undefined for comments, blank lines and whatever else is not an assignment. */
  readonly name: string | undefined
  /** With its end of line, or several lines of a quoted value. */
  readonly raw: string
}

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*(["'`])?/

function splitPieces(text: string): Piece[] {
  const pieces: Piece[] = []
  let start = 0
  while (start < text.length) {
    const rest = text.slice(start)
    const [head = '', name, quote] = ASSIGNMENT.exec(rest) ?? []
    const closing = quote === undefined ? -1 : rest.indexOf(quote, head.length)
    // A quote that is never closed is a character like any other.
    const lineEnd = rest.indexOf('\n', Math.max(closing, 0))
    const raw = lineEnd < 0 ? rest : rest.slice(0, lineEnd + 1)
    pieces.push({ name, raw })
    start += raw.length
  }
  return pieces
}

const PLAIN = /^[A-Za-z0-9_./:@,*+~%-]*$/
const CONTROL = /\p{Cc}/u

function toLine(name: string, value: string): string {
  if (PLAIN.test(value)) return `${name}=${value}`
  if (!CONTROL.test(value)) {
    if (!/['\\]/.test(value)) return `${name}='${value}'`
    if (!/["\\$`]/.test(value)) return `${name}="${value}"`
  }
  throw new CliError(
    `The value of ${name} cannot be written into .env so that everybody reads the same.`,
    {
      nextStep: `write it into a file that only you can read, and ${name}_FILE=<that file> into .env`,
    },
  )
}

/** A line that nobody understands can swallow those after it, asked about or not. */
function requireMeaning({ values }: EnvFile, wanted: EnvFile['values']): void {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(values)])]
  const lost = names.filter((name) => values[name] !== wanted[name])
  if (lost.length === 0) return
  throw new CliError(
    `A line of .env keeps what follows it from being understood: ${lost.join(', ')} would be lost.`,
    {
      nextStep: 'look for a line that is no NAME=value, or a quote that is never closed',
    },
  )
}
