/** Each value of `gateway.yaml` with its line; what could be a secret is masked. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { isSecretName, maskArguments, maskText, maskUnlessNamed } from './mask.ts'

/** The wire shape of `gateway config show --json`. */
export interface FileValue {
  /** From the top: `mcpServers.time.command`. */
  readonly path: string
  readonly value: string
  /** From 1. */
  readonly line: number
}

/** Texts that people put secrets into, whatever they are called. */
const CARRIERS = new Set(['env', 'headers'])
/** Members that only name a variable. */
const NAMES_ONLY = /(?:_method|_endpoint|_alg|_uri|_url)$/

/** Nothing of a text that is no YAML. */
export function toFileValues(text: string): FileValue[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) return []
  const found: FileValue[] = []
  const walk = (node: unknown, path: readonly string[], start: number): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const [at = start] = (key as Node).range ?? []
        walk(value, [...path, String(key)], at)
      }
      return
    }
    const { line } = lines.linePos(start)
    found.push({ path: path.join('.'), value: show(path, plain(node)), line })
  }
  if (document.contents !== null) walk(document.contents, [], 0)
  return found
}

function plain(node: unknown): unknown {
  if (isScalar(node)) return node.value
  if (isSeq(node)) return node.items.map(plain)
  if (isMap(node)) return Object.fromEntries(node.items.map((one) => [one.key, plain(one.value)]))
  return isAlias(node) ? `*${node.source}` : node
}

function show(path: readonly string[], value: unknown): string {
  const masked = mask(path, value)
  return typeof masked === 'string' ? masked : JSON.stringify(masked)
}

/** What is at fault may be of any shape, and is shown like the rest. */
function mask(path: readonly string[], value: unknown): unknown {
  if (isHidden(path))
    return maskUnlessNamed(typeof value === 'string' ? value : JSON.stringify(value))
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) {
    return value.every((one) => typeof one !== 'object' || one === null)
      ? maskArguments(value.map(String))
      : value.map((one) => mask(path, one))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.map(([name, one]) => [name, mask([...path, name], one)]))
}

function isHidden(path: readonly string[]): boolean {
  const name = path.at(-1) ?? ''
  if (path.some((segment) => CARRIERS.has(segment))) return true
  return isSecretName(name) && !NAMES_ONLY.test(name) && name !== 'userSecrets'
}
