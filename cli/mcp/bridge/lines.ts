/** JSON-RPC on a pipe: one message a line, as MCP's stdio transport has it. Nothing else is ever written. */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { type JSONRPCMessage, parseJSONRPCMessage } from '@modelcontextprotocol/client'

export interface Lines {
  /** Until the other side closes the pipe. */
  messages(): AsyncIterable<JSONRPCMessage>
  /** Resolves when there is room for more. */
  write(message: JSONRPCMessage): Promise<void>
}

const PARSE_ERROR = -32_700
const INVALID_REQUEST = -32_600

export function openLines(input: Readable, output: Writable): Lines {
  /** Of everybody who waits for room; a reader that has gone makes none, and keeps nobody. */
  let room: Promise<void> | undefined
  const write = async (message: unknown): Promise<void> => {
    if (output.write(`${JSON.stringify(message)}\n`) || output.destroyed) return
    room ??= untilRoom(output).finally(() => {
      room = undefined
    })
    await room
  }
  const refuse = (code: number, message: string): Promise<void> =>
    write({ jsonrpc: '2.0', id: null, error: { code, message } })

  /** Of one line; a batch (MCP 2025-03-26) is as good as its messages one by one. */
  async function* read(line: string): AsyncIterable<JSONRPCMessage> {
    const parsed = parse(line)
    if (parsed === undefined) return await refuse(PARSE_ERROR, 'a line is one JSON document')
    for (const one of [parsed.value].flat()) {
      const message = toMessage(one)
      if (message !== undefined) yield message
      else await refuse(INVALID_REQUEST, 'this is no JSON-RPC message')
    }
  }

  async function* messages(): AsyncIterable<JSONRPCMessage> {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line.trim() !== '') yield* read(line)
    }
  }

  return { messages, write }
}

async function untilRoom(output: Writable): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  try {
    await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })])
  } catch {
    // It broke: nobody reads any more.
  } finally {
    // The other one listens no longer.
    over.abort()
  }
}

function parse(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) }
  } catch {
    return undefined
  }
}

function toMessage(value: unknown): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(value)
  } catch {
    return undefined
  }
}
