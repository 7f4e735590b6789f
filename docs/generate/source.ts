/** Reads the code as a tree, to find what it throws and which bounds it has. Types are blanked out, so that places stay. */

import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type AnyNode, type Expression, type Pattern, parse } from 'acorn'
import { fullAncestor } from 'acorn-walk'
import { toText } from './text-of.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** Rooms that run; what tests and benchmarks throw is nobody's error. */
const ROOMS = '{lib,oauth-server,ext-authz,mcp-bridge,envoy,certs,services,cli}/**/*.ts'

export interface SourceFile {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly tree: AnyNode
}

export interface Thrown {
  readonly path: string
  /** Each argument in words, one for each text it can have. */
  readonly words: readonly (readonly string[])[]
  /** Members of the options, the same way. */
  readonly options: ReadonlyMap<string, readonly string[]>
}

let files: readonly SourceFile[] | undefined

export function sourceFiles(): readonly SourceFile[] {
  files ??= globSync(ROOMS, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .sort()
    .map(readSource)
  return files
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const tree = parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module' })
  return { path, text, tree }
}

/** Every `new NAME(…)` of the rooms. */
export function findThrown(name: string): Thrown[] {
  return sourceFiles()
    .filter(({ text }) => text.includes(`new ${name}(`))
    .flatMap((file) => thrownIn(file, name))
}

function thrownIn(file: SourceFile, name: string): Thrown[] {
  const found: Thrown[] = []
  fullAncestor(file.tree, (node, _state, ancestors) => {
    const made = node as AnyNode
    if (made.type !== 'NewExpression') return
    if (made.callee.type !== 'Identifier' || made.callee.name !== name) return
    const above = ancestors as readonly AnyNode[]
    const values = made.arguments.filter((one): one is Expression => one.type !== 'SpreadElement')
    found.push({
      path: file.path,
      words: values
        .filter(({ type }) => type !== 'ObjectExpression')
        .map((value) => toText(value, { tree: file.tree, above })),
      options: optionsOf(values, { tree: file.tree, above }),
    })
  })
  return found
}

export interface Place {
  readonly tree: AnyNode
  /** From the root of the tree to the node itself. */
  readonly above: readonly AnyNode[]
}

function optionsOf(values: readonly Expression[], place: Place): Map<string, readonly string[]> {
  const options = values.find((value) => value.type === 'ObjectExpression')
  const found = new Map<string, readonly string[]>()
  for (const member of options?.properties ?? []) {
    if (member.type !== 'Property' || member.key.type !== 'Identifier') continue
    found.set(member.key.name, toText(member.value as Expression | Pattern, place))
  }
  return found
}
