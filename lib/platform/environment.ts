/**
 * Reads a process environment into a typed config, reporting every fault at once.
 *
 * A variable may also come from a file: `NAME_FILE` names it, so that secrets can be mounted.
 */

import { readFileSync } from 'node:fs'
import { Secret } from './secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Turns one variable's text into a value, or throws a RangeError saying what it wanted. */
export interface Parser<T> {
  (text: string): T
  /** The same in words, for whoever lists the variables: `a whole number from 1 to 16`. */
  readonly wants?: string
}

/** A parser that can say what it takes. */
export function parser<T>(wants: string, parse: (text: string) => T): Parser<T> {
  return Object.assign((text: string) => parse(text), { wants })
}

/** The message lists every fault, one a line, ready for a person. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`invalid configuration:\n  ${faults.join('\n  ')}`)
    this.faults = faults
  }
}

/** Reads, or adds what is wrong to `faults`: so that several sources are told of at once. */
export function collectFaults<T>(read: () => T, faults: string[]): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    faults.push(...error.faults)
    return undefined
  }
}

export interface Variable<T> {
  readonly parse: Parser<T>
  readonly fallback: { readonly value: T } | undefined
}

export function required<T>(parse: Parser<T>): Variable<T> {
  return { parse, fallback: undefined }
}

export function optional<T, F extends T | undefined>(
  parse: Parser<T>,
  fallback: F,
): Variable<T | F> {
  return { parse, fallback: { value: fallback } }
}

export type Specification = Readonly<Record<string, Variable<unknown>>>

export type Values<Spec extends Specification> = {
  readonly [K in keyof Spec]: Spec[K] extends Variable<infer T> ? T : never
}

/**
 * Reads what the specification names.
 * @throws ConfigError with one line for each fault.
 */
export function readEnvironment<Spec extends Specification>(
  spec: Spec,
  environment: Environment,
): Values<Spec> {
  const faults: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(spec)) {
    try {
      values[name] = readVariable(variable, readText(name, environment))
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze(values) as Values<Spec>
}

/**
 * The variable's text: its own, or that of the file which `NAME_FILE` names.
 * @throws RangeError when that cannot be read, or is empty: where a secret was to be mounted, nothing may stay open.
 */
export function readText(name: string, environment: Environment): string | undefined {
  const own = environment[name]
  const file = environment[`${name}_FILE`]
  if (own !== undefined && own !== '') return own
  if (file === undefined || file === '') return undefined
  let held: string
  try {
    held = readFileSync(file, 'utf8').trimEnd()
  } catch (error) {
    throw new RangeError(`cannot be read from ${name}_FILE: ${(error as Error).message}`)
  }
  if (held === '') throw new RangeError(`is empty: ${name}_FILE names a file with nothing in it`)
  return held
}

function readVariable<T>({ parse, fallback }: Variable<T>, value: string | undefined): T {
  if (value !== undefined) return parse(value)
  if (fallback === undefined) throw new RangeError('is not set')
  return fallback.value
}

export const text: Parser<string> = parser('text', (value) => value)

export const secret: Parser<Secret> = parser('a secret', (value) => new Secret(value))

/** One that is long enough to make keys of. */
export function secretOf(characters: number): Parser<Secret> {
  return parser(`a secret of at least ${characters} characters`, (value) => {
    if (value.length >= characters) return new Secret(value)
    throw new RangeError(`must have at least ${characters} characters`)
  })
}

export function integer(min: number, max: number): Parser<number> {
  const wants = `a whole number from ${min} to ${max}`
  return parser(wants, (value) => {
    // Number reads blanks as 0, which switches off what it bounds.
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN
    if (Number.isInteger(number) && number >= min && number <= max) return number
    throw new RangeError(`must be ${wants}, not "${value}"`)
  })
}

const YES = ['true', '1', 'yes', 'on']
const NO = ['false', '0', 'no', 'off']

export const flag: Parser<boolean> = parser('true or false', (value) => {
  if (YES.includes(value.toLowerCase())) return true
  if (NO.includes(value.toLowerCase())) return false
  throw new RangeError(`must be true or false, not "${value}"`)
})

export function oneOf<const T extends string>(...allowed: readonly T[]): Parser<T> {
  const wants = `one of ${allowed.join(', ')}`
  return parser(wants, (value) => {
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    throw new RangeError(`must be ${wants}, not "${value}"`)
  })
}

/** A comma-separated list; blanks around the members and empty members do not count. */
export const list: Parser<readonly string[]> = parser('a list, by comma', (value) =>
  value
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== ''),
)

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Older deployments write the level in capitals. */
export const logLevel: Parser<LogLevel> = parser(`one of ${LOG_LEVELS.join(', ')}`, (value) =>
  oneOf(...LOG_LEVELS)(value.toLowerCase()),
)
