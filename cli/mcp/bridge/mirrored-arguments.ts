/**
 * Arguments that a tool wants in headers too (`x-mcp-header`, MCP 2026-07-28). A client on a pipe sends no
 * headers: they are made here, by the tools that it was shown.
 */

import { isJSONRPCResultResponse, type JSONRPCMessage } from '@modelcontextprotocol/client'
import {
  declarationsOf,
  type HeaderDeclaration,
  valueAt,
} from '../../../lib/mcp/header-declarations.ts'
import { encodeMirrored } from '../../../lib/mcp/mirrored-text.ts'

export interface MirroredArguments {
  /** Notes the tools of an answer to `tools/list`, whatever else it holds. */
  fromServer(message: JSONRPCMessage): void
  /** Of a `tools/call`; none for everything else. */
  headersFor(message: JSONRPCMessage): Readonly<Record<string, string>>
}

export function createMirroredArguments(): MirroredArguments {
  const declared = new Map<unknown, readonly HeaderDeclaration[]>()
  return {
    fromServer(message) {
      if (!isJSONRPCResultResponse(message) || !Array.isArray(message.result['tools'])) return
      for (const tool of message.result['tools'] as unknown[]) {
        declared.set(valueAt(tool, ['name']), declarationsOf(valueAt(tool, ['inputSchema'])))
      }
    },
    headersFor(message) {
      if (!('method' in message) || message.method !== 'tools/call') return {}
      const { params } = message
      const entries = (declared.get(valueAt(params, ['name'])) ?? []).flatMap(
        ({ header, path }) => {
          const value = valueAt(params, ['arguments', ...path])
          return isMirrored(value) ? [[header, encodeMirrored(String(value))] as const] : []
        },
      )
      return Object.fromEntries(entries)
    },
  }
}

function isMirrored(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}
