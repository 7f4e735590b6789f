/** Where a variable's text comes from: the shell, `.env`, or a file that `NAME_FILE` names. */

import { type Environment, readText } from '../../lib/platform/environment.ts'

export type Origin =
  | { readonly source: 'default' | 'environment' }
  /** Line from 1. */
  | { readonly source: '.env'; readonly line: number }
  /** `named`: where the variable that names it stands. */
  | { readonly source: 'file'; readonly path: string; readonly named: 'environment' | '.env' }

export interface Surroundings {
  /** With `.env` in it. */
  readonly environment: Environment
  /** Without. */
  readonly shell: Environment
  /** The text of `.env`. */
  readonly envText: string
}

export interface Given {
  /** Undefined: nobody says anything. */
  readonly text: string | undefined
  readonly origin: Origin
}

/** As the gateway reads it: the variable itself before `NAME_FILE`, the shell before `.env`. @throws RangeError for a file that cannot be read. */
export function readGiven(name: string, surroundings: Surroundings): Given {
  const { environment } = surroundings
  const text = readText(name, environment)
  if (text === undefined) return { text, origin: { source: 'default' } }
  return { text, origin: originOf(name, surroundings) }
}

export function originOf(name: string, surroundings: Surroundings): Origin {
  const { environment } = surroundings
  if (isSet(environment[name])) return placeOf(name, surroundings)
  const path = environment[`${name}_FILE`] ?? ''
  if (path === '') return { source: 'default' }
  const named = placeOf(`${name}_FILE`, surroundings)
  return { source: 'file', path, named: named.source === '.env' ? '.env' : 'environment' }
}

/** One that is set in the shell and empty there keeps `.env` from being read, too. */
function placeOf(name: string, { shell, envText }: Surroundings): Origin {
  if (shell[name] !== undefined) return { source: 'environment' }
  return { source: '.env', line: lineOf(name, envText) }
}

/** Of several lines with one name the last counts; before the first there may be a byte-order mark. */
function lineOf(name: string, text: string): number {
  const pattern = new RegExp(`^\\uFEFF?[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=`)
  return text.split('\n').findLastIndex((line) => pattern.test(line)) + 1
}

/** A remark, or an assignment of a value in quotes, which may have lines of its own. */
const REMARK_OR_QUOTED = /^[ \t]*#.*|^[^\n=]*=[ \t]*(["'`])[\s\S]*?\1/gm

/** Of `.env`, from 1: those that say something and set nothing. */
export function linesWithoutName(text: string): number[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(REMARK_OR_QUOTED, (part) =>
      part.replaceAll(/.+/g, part.trimStart().startsWith('#') ? '' : '='),
    )
    .split('\n')
  return lines.flatMap((line, index) =>
    line.trim() === '' || line.includes('=') ? [] : [index + 1],
  )
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

/** In words, for a table. */
export function describeOrigin(origin: Origin): string {
  if (origin.source === '.env') return `.env:${origin.line}`
  if (origin.source === 'file') return `file ${origin.path} (${origin.named})`
  return origin.source
}
