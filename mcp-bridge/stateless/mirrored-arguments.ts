/**
 * Headers that repeat arguments of a tool call (`Mcp-Param-*`; MCP 2026-07-28, Streamable HTTP). A server on a
 * pipe sees no headers, so they are compared here, by the list of tools that its client was last shown.
 *
 * A client that was shown none, perhaps by an earlier bridge process, is believed: its server reads the body.
 */

import type { IncomingHttpHeaders } from 'node:http'
import {
  declarationsOf,
  type HeaderDeclaration,
  valueAt,
} from '../../lib/mcp/header-declarations.ts'
import { decodeMirrored } from '../../lib/mcp/mirrored-text.ts'
import { isObject } from '../../lib/platform/json.ts'
import { numberOf } from '../exact-json.ts'
import { paramsOf, type RpcRequest } from '../json-rpc.ts'
import { MIRRORED_LISTS_MAX, MIRRORED_TOOLS_MAX } from '../limits.ts'
import { CALL_TOOL } from '../methods.ts'
import type { SessionOwner } from '../sessions.ts'
import { mismatch } from './mirrored-headers.ts'

type Declarations = ReadonlyMap<string, readonly HeaderDeclaration[]>
type Owner = Pick<SessionOwner, 'user' | 'service'>

export class MirroredArguments {
  /** Of lists in which a tool declares any. */
  readonly #byOwner = new Map<string, Declarations>()

  /** The answer to `tools/list` on its way: what has a cursor goes on with the list before. */
  learn(owner: Owner, request: RpcRequest, result: unknown): void {
    if (!isObject(result) || !Array.isArray(result['tools'])) return
    const key = keyOf(owner)
    const before = paramsOf(request)['cursor'] === undefined ? [] : (this.#byOwner.get(key) ?? [])
    const declared = new Map(before)
    for (const tool of result['tools'] as unknown[]) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue
      const declarations = declarationsOf(tool['inputSchema'])
      if (declarations.length > 0 && declared.size < MIRRORED_TOOLS_MAX) {
        declared.set(tool['name'], declarations)
      }
    }
    this.#keep(key, declared)
  }

  /** @throws RpcFault 400 with -32020 when a header of a call is missing, or says something else than its body. */
  assert(owner: Owner, headers: IncomingHttpHeaders, request: RpcRequest): void {
    if (this.#byOwner.size === 0 || request.method !== CALL_TOOL) return
    const { name, arguments: args } = paramsOf(request)
    if (typeof name !== 'string') return
    const declarations = this.#byOwner.get(keyOf(owner))?.get(name) ?? []
    for (const declaration of declarations) assertSame(declaration, headers, args)
  }

  #keep(key: string, declared: Declarations): void {
    this.#byOwner.delete(key)
    if (declared.size === 0) return
    this.#byOwner.set(key, declared)
    const [oldest] = this.#byOwner.keys()
    if (this.#byOwner.size > MIRRORED_LISTS_MAX && oldest !== undefined) {
      this.#byOwner.delete(oldest)
    }
  }
}

function keyOf({ user, service }: Owner): string {
  return `${service} ${user}`
}

function assertSame(
  { header, path, isNumeric }: HeaderDeclaration,
  headers: IncomingHttpHeaders,
  args: unknown,
): void {
  const value = valueAt(args, path)
  const text = toText(value)
  // What is none of the types that can be repeated the server has words for.
  if (text === undefined) return
  const given = headers[header]
  const place = `arguments.${path.join('.')}`
  if (typeof given !== 'string') throw mismatch(`${header} is missing, the body has ${place}`)
  const decoded = decodeMirrored(given)
  if (decoded === undefined) throw mismatch(`${header} is not base64 of UTF-8`)
  const isSame = decoded === text || (isNumeric && isSameNumber(decoded, value))
  if (!isSame) throw mismatch(`${header} says something else than ${place}`)
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' ? String(value) : numberOf(value)?.toString()
}

const DECIMAL = /^-?\d{1,400}(?:\.\d{1,400})?$/

function isSameNumber(text: string, value: unknown): boolean {
  return DECIMAL.test(text) && Number(text) === numberOf(value)
}
