/** What scripts for bash and zsh are made of alike: where somebody is, as a pattern of `case`. */

import { quote } from './quote.ts'
import type { CommandRow, Values } from './tree.ts'

/** The words of a command, each behind a blank. */
export function at(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

/** Every command but the program itself. */
export function commandPatterns(rows: readonly CommandRow[]): string {
  return rows
    .slice(1)
    .map(({ path }) => quote(at(path)))
    .join('|')
}

export interface OptionPattern {
  /** Behind the command, the option in each of its spellings. */
  readonly patterns: string
  readonly values: Values
}

/** Of the options that take a value. */
export function optionPatterns({ path, options }: CommandRow): OptionPattern[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ name, short, values }) => {
      const names = [name, ...(short === undefined ? [] : [`-${short}`])]
      return { patterns: names.map((one) => quote(`${at(path)}|${one}`)).join('|'), values }
    })
}
