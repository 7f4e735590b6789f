/** Constants of the code that are numbers, with their values and the remark above them. */

import type { AnyNode, Expression } from 'acorn'
import { type SourceFile, sourceFiles } from './source.ts'

export interface Bound {
  readonly path: string
  readonly name: string
  /** With its unit, as its name says: `10 MiB`, `5 s`, `128`. */
  readonly words: string
  readonly remark: string
}

const CONSTANT = /^[A-Z][A-Z0-9_]+$/

/** By `path#NAME`. */
export function findBounds(): ReadonlyMap<string, Bound> {
  const all = sourceFiles().flatMap(boundsIn)
  return new Map(all.map((bound) => [`${bound.path}#${bound.name}`, bound]))
}

function boundsIn(file: SourceFile): Bound[] {
  const known = new Map<string, number>()
  return topLevel(file.tree).flatMap(({ name, init, start }) => {
    const value = evaluate(init, known)
    if (value === undefined) return []
    known.set(name, value)
    const { path, text } = file
    return [{ path, name, words: inUnits(name, value), remark: remarkAbove(text, start) }]
  })
}

interface Declared {
  readonly name: string
  readonly init: Expression
  /** Of the whole statement. */
  readonly start: number
}

function topLevel(tree: AnyNode): Declared[] {
  if (tree.type !== 'Program') return []
  return tree.body.flatMap((statement) => {
    const made = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (made?.type !== 'VariableDeclaration') return []
    return made.declarations.flatMap(({ id, init }): Declared[] => {
      if (id.type !== 'Identifier' || !init || !CONSTANT.test(id.name)) return []
      return [{ name: id.name, init, start: statement.start }]
    })
  })
}

/** Arithmetic with numbers and constants of the same file; anything else is no bound. */
function evaluate(value: Expression, known: ReadonlyMap<string, number>): number | undefined {
  if (value.type === 'Literal') return typeof value.value === 'number' ? value.value : undefined
  if (value.type === 'Identifier') return known.get(value.name)
  if (value.type !== 'BinaryExpression' || value.left.type === 'PrivateIdentifier') return undefined
  const [left, right] = [evaluate(value.left, known), evaluate(value.right, known)]
  if (left === undefined || right === undefined) return undefined
  return CALCULATE[value.operator]?.(left, right)
}

const CALCULATE: Readonly<Record<string, (left: number, right: number) => number>> = {
  '*': (left, right) => left * right,
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '**': (left, right) => left ** right,
}

/** The last words of a name say what is counted. */
function inUnits(name: string, value: number): string {
  if (/(?:^|_)BYTES(?:_|$)/.test(name)) return inLargest(value, BYTES)
  if (/(?:^|_)MS(?:_|$)/.test(name)) return inLargest(value, MILLISECONDS)
  if (/_SECONDS(?:_|$)/.test(name)) return inLargest(value * 1000, MILLISECONDS)
  if (/_CHARACTERS(?:_|$)/.test(name)) return `${grouped(value)} characters`
  return grouped(value)
}

type Units = readonly (readonly [size: number, unit: string])[]
const BYTES: Units = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'bytes'],
]
const MILLISECONDS: Units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
]

/** The largest unit of which it is a whole number. */
function inLargest(value: number, units: Units): string {
  const fits = units.find(([size]) => value >= size && value % size === 0)
  return fits === undefined ? grouped(value) : `${grouped(value / fits[0])} ${fits[1]}`
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

/** What the comment right above says, without its marks. One at the top of a file speaks of the file. */
function remarkAbove(text: string, start: number): string {
  const [, remark = ''] = /\n\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, start)) ?? []
  return remark.replaceAll(/\s*\n\s*\*\s?/g, ' ').trim()
}
