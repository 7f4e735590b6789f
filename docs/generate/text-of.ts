/**
 * What an expression can say, as text: literals as they are, what is only known at run time as `‹name›`.
 * A name is looked up: constants of the file, and parameters at every place that calls the function.
 */

import type { AnyNode, Expression, Function as FunctionNode, Pattern, TemplateLiteral } from 'acorn'
import { full } from 'acorn-walk'
import type { Place } from './source.ts'

type Value = Expression | Pattern

/** Deep enough for a helper of a helper. */
const DEPTH_MAX = 4
const UNKNOWN = '…'

export function toText(value: Value, place: Place, depth = 0): string[] {
  switch (value.type) {
    case 'Literal':
      return [String(value.value)]
    case 'TemplateLiteral':
      return [templateText(value)]
    case 'ConditionalExpression':
      return [...toText(value.consequent, place, depth), ...toText(value.alternate, place, depth)]
    case 'LogicalExpression':
      return [
        ...toText(value.left as Expression, place, depth),
        ...toText(value.right, place, depth),
      ]
    case 'BinaryExpression':
      return toText(value.left as Expression, place, depth).flatMap((left) =>
        toText(value.right, place, depth).map((right) => left + right),
      )
    case 'Identifier':
      return depth < DEPTH_MAX ? lookUp(value.name, place, depth) : [named(value.name)]
    default:
      return [hole(value)]
  }
}

function templateText({ quasis, expressions }: TemplateLiteral): string {
  return quasis
    .map(({ value }, index) => {
      const expression = expressions[index]
      return (value.cooked ?? '') + (expression === undefined ? '' : hole(expression))
    })
    .join('')
}

/** `error.message` is `‹message›`; a call or anything else has no name of its own. */
function hole(value: Value): string {
  if (value.type === 'Identifier') return named(value.name)
  if (value.type !== 'MemberExpression') return UNKNOWN
  const { property } = value
  return property.type === 'Identifier' && !value.computed ? named(property.name) : UNKNOWN
}

function named(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ')
  return `‹${words.toLowerCase()}›`
}

/** Constants first, then what callers hand over; an options bag or a caught error stays a name. */
function lookUp(name: string, place: Place, depth: number): string[] {
  // The innermost function first: elsewhere in the file the same name may say something else.
  const scopes = [...place.above.filter((node) => 'params' in node).reverse(), place.tree]
  const constants =
    scopes.map((scope) => constantsNamed(name, scope)).find(({ length }) => length > 0) ?? []
  if (constants.length > 0) return constants.flatMap((one) => toText(one, place, depth + 1))
  const handed = place.above
    .filter((node): node is FunctionNode & AnyNode => 'params' in node)
    .flatMap((node) => {
      const index = node.params.findIndex((one) => one.type === 'Identifier' && one.name === name)
      return index === -1 ? [] : argumentsOf(nameOf(node, place.above), index, place.tree)
    })
  const said = handed.flatMap((one) => toText(one, { ...place, above: [] }, depth + 1))
  return said.length > 0 ? [...new Set(said)] : [named(name)]
}

function constantsNamed(name: string, tree: AnyNode): Expression[] {
  const found: Expression[] = []
  full(tree, (node) => {
    const made = node as AnyNode
    if (made.type !== 'VariableDeclarator' || made.id.type !== 'Identifier') return
    if (made.id.name === name && isText(made.init)) found.push(made.init)
  })
  return found
}

function isText(value: Expression | null | undefined): value is Expression {
  return ['Literal', 'TemplateLiteral', 'ConditionalExpression'].includes(value?.type ?? '')
}

/** A function's own name, or that of the constant that it is. */
function nameOf(node: FunctionNode & AnyNode, above: readonly AnyNode[]): string {
  if (node.id) return node.id.name
  const holder = above[above.indexOf(node) - 1]
  if (holder?.type === 'VariableDeclarator' && holder.id.type === 'Identifier')
    return holder.id.name
  return ''
}

function argumentsOf(name: string, index: number, tree: AnyNode): Expression[] {
  const found: Expression[] = []
  full(tree, (node) => {
    const made = node as AnyNode
    if (made.type !== 'CallExpression' || made.callee.type !== 'Identifier') return
    const handed = made.callee.name === name ? made.arguments[index] : undefined
    if (handed !== undefined && handed.type !== 'SpreadElement') found.push(handed)
  })
  return found
}
