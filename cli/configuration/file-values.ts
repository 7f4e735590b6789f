/** Each value of `gateway.yaml` with its line; what could be a secret is masked. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { isSecretName, MASK, maskAddress, maskUnlessNamed } from './mask.ts'

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
  const name = path.at(-1) ?? ''
  const carries = path.slice(0, -1).some((segment) => CARRIERS.has(segment))
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (carries || (isSecretName(name) && !NAMES_ONLY.test(name) && name !== 'userSecrets')) {
    return maskUnlessNamed(text)
  }
  return name === 'args' ? showArguments(value) : maskAddress(text)
}

/** As a header is written in one argument. */
const CARRIES_TOKEN = /\b(?:bearer|basic) +\S/i

/** What stands behind `--token` is as secret as under that name elsewhere. */
function showArguments(value: unknown): string {
  if (!Array.isArray(value)) return MASK
  const texts = value.map(String)
  const shown = texts.map((text, index) => {
    const [option = '', assigned] = text.split(/=(.*)/s)
    if (assigned !== undefined && isSecretName(option)) {
      return `${option}=${maskUnlessNamed(assigned)}`
    }
    const before = texts[index - 1] ?? ''
    const isNamed = before.startsWith('-') && !before.includes('=') && isSecretName(before)
    const isSecret = isNamed || CARRIES_TOKEN.test(text)
    return isSecret ? maskUnlessNamed(text) : maskAddress(text)
  })
  return JSON.stringify(shown)
}
