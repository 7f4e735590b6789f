/**
 * A server on trial: a child that speaks MCP on stdin and stdout. It ends as a whole group, as the bridge ends
 * its own: launchers such as npx leave their child behind when they alone are killed.
 */

import { setTimeout } from 'node:timers/promises'
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type {
  GroupedProcess,
  LaunchOptions,
  ProcessGroups,
  StopWaits,
} from '../../lib/platform/process-group.ts'

/** It has nothing to save yet. */
const STOP_WAITS: StopWaits = { inputEndMs: 500, terminateMs: 1000 }
/** Of what it printed on stderr: the end tells why it ended. */
const KEPT_CHARACTERS = 4000
/** What it wrote last may be read after its end; who left its group may hold the pipes for ever. */
const LAST_WORDS_MS = 1000

export class ProcessTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #groups: ProcessGroups
  readonly #options: Omit<LaunchOptions, 'stdio'>
  readonly #buffer = new ReadBuffer()
  #running: GroupedProcess | undefined
  #said = ''

  constructor(groups: ProcessGroups, options: Omit<LaunchOptions, 'stdio'>) {
    this.#groups = groups
    this.#options = options
  }

  /** The last that it printed beside the protocol. */
  get said(): string {
    return this.#said
  }

  start(): Promise<void> {
    const running = this.#groups.launch({ ...this.#options, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#running = running
    const { stdin, stdout, stderr } = running.child
    // Who ends early does not read: that it ended is what is told.
    stdin?.on('error', () => {})
    stdout?.on('data', (chunk: Buffer) => this.#read(chunk))
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    void this.#tellEnd(running)
    return Promise.resolve()
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#running?.child.stdin?.write(serializeMessage(message))
    return Promise.resolve()
  }

  async close(): Promise<void> {
    await this.#running?.stop(STOP_WAITS)
  }

  async #tellEnd({ child, ended }: GroupedProcess): Promise<void> {
    const closed = new Promise((resolve) => child.once('close', resolve))
    const { spawnError } = await ended
    if (spawnError !== undefined) this.#keep(spawnError.message)
    else await Promise.race([closed, setTimeout(LAST_WORDS_MS, undefined, { ref: false })])
    this.onclose?.()
  }

  #keep(text: string): void {
    this.#said = (this.#said + text).slice(-KEPT_CHARACTERS)
  }

  #read(chunk: Buffer): void {
    this.#buffer.append(chunk)
    for (;;) {
      try {
        const message = this.#buffer.readMessage()
        if (message === null) return
        this.onmessage?.(message)
      } catch {
        // Launchers print on stdout, too: what is no message is skipped, as the bridge does.
      }
    }
  }
}
