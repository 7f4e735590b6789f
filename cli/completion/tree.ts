/** What can be typed, as a table: read from the commands themselves, so that nothing is written twice. */

import type { Argument, Command, Option } from 'commander'

/** What the program is asked for while somebody types. */
export const VALUE_KINDS = ['part', 'service', 'service-on', 'service-off', 'service-own'] as const
export type ValueKind = (typeof VALUE_KINDS)[number]

/** What a value may be; undefined: anything. */
export type Values =
  | { readonly choices: readonly string[] }
  | { readonly kind: ValueKind }
  | 'file'
  | undefined

export interface Named {
  readonly name: string
  readonly description: string
}

export interface OptionRow extends Named {
  /** `f` of `-f`. */
  readonly short: string | undefined
  /** Whether a value follows. */
  readonly takesValue: boolean
  readonly values: Values
}

export interface CommandRow {
  /** The words after the program's name: empty for the program itself. */
  readonly path: readonly string[]
  readonly commands: readonly Named[]
  readonly options: readonly OptionRow[]
  /** Of its first argument. */
  readonly values: Values
}

/** Of arguments and options that say themselves what they take. */
const kinds = new WeakMap<Argument | Option, ValueKind>()

/** Marks an argument or an option: shells offer what there is. */
export function completing<T extends Argument | Option>(what: T, kind: ValueKind): T {
  kinds.set(what, kind)
  return what
}

const HELP: OptionRow = {
  name: '--help',
  short: 'h',
  description: 'what it does, with examples',
  takesValue: false,
  values: undefined,
}

/** The program, and every command below it that is not hidden. */
export function toRows(program: Command): CommandRow[] {
  const common = program.options.map(toOption)
  const walk = (command: Command, path: readonly string[]): CommandRow[] => {
    const below = visible(command)
    const own = command === program ? [] : command.options.filter(({ hidden }) => !hidden)
    return [
      {
        path,
        commands: below.map((one) => ({ name: one.name(), description: one.description() })),
        options: [...own.map(toOption), ...common, HELP],
        values: valuesOf(command.registeredArguments[0]),
      },
      ...below.flatMap((one) => walk(one, [...path, one.name()])),
    ]
  }
  return walk(program, [])
}

function visible(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
}

function toOption(option: Option): OptionRow {
  return {
    name: option.long ?? option.short ?? '',
    short: option.long === undefined ? undefined : option.short?.slice(1),
    description: option.description,
    takesValue: option.required || option.optional,
    values: valuesOf(option),
  }
}

/** What is called so is so, wherever it is asked for. */
const KIND_NAMES: Readonly<Record<string, ValueKind>> = { part: 'part', service: 'service' }
const FILE_NAMES = ['file', 'path', 'folder']

function valuesOf(what: Argument | Option | undefined): Values {
  if (what === undefined) return undefined
  if (what.argChoices !== undefined) return { choices: what.argChoices }
  const kind = kinds.get(what) ?? KIND_NAMES[isOption(what) ? what.attributeName() : what.name()]
  if (kind !== undefined) return { kind }
  const placeholder = isOption(what) ? /[<[]([a-z]+)/.exec(what.flags)?.[1] : what.name()
  return FILE_NAMES.includes(placeholder ?? '') ? 'file' : undefined
}

function isOption(what: Argument | Option): what is Option {
  return 'flags' in what
}
