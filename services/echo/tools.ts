/**
 * The tools of the echo service: the message back, who the caller is, and a wait with progress. Each is defined
 * here once, for clients with and without sessions.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type ReceivedHeaders, whoCalls } from './who-calls.ts'

export const ABOUT = { name: 'echo', version: '1.0.0' }

export interface ToolResult {
  readonly [member: string]: unknown
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
}

/** One call of a tool, whichever SDK has read it. */
export interface ToolCall {
  /** Of the HTTP request it came with. */
  readonly headers: ReceivedHeaders
  /** Set when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Undefined when the caller does not want to hear of progress. */
  readonly progressToken: string | number | undefined
  notify(notification: ProgressNotification): Promise<void>
}

export interface ProgressNotification {
  method: 'notifications/progress'
  params: { progressToken: string | number; progress: number; total: number; message: string }
}

interface Definition<Input extends z.ZodObject> {
  readonly name: string
  readonly description: string
  readonly inputSchema?: Input
  readonly outputSchema?: z.ZodObject
  run(args: z.output<Input>, call: ToolCall): ToolResult | Promise<ToolResult>
}

export interface Tool extends Omit<Definition<z.ZodObject>, 'run'> {
  /** `args` are as the schema has read them. */
  run(args: Readonly<Record<string, unknown>>, call: ToolCall): ToolResult | Promise<ToolResult>
}

const WAIT_SECONDS_MAX = 60
const WAIT_STEPS_MAX = 600

export const TOOLS: readonly Tool[] = [
  define({
    name: 'echo',
    description: 'Returns the message.',
    inputSchema: z.object({ message: z.string() }),
    run: ({ message }) => toText(message),
  }),
  define({
    name: 'whoami',
    description: 'Shows the identity that the gateway passes on with each request.',
    outputSchema: z.object({
      userId: z.string(),
      userName: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
    run(_, { headers }) {
      const caller = whoCalls(headers)
      return { ...toText(JSON.stringify(caller, undefined, 2)), structuredContent: { ...caller } }
    },
  }),
  define({
    name: 'wait',
    description: 'Waits, and reports progress while it does.',
    inputSchema: z.object({
      seconds: z.number().min(0).max(WAIT_SECONDS_MAX),
      steps: z.number().int().min(1).max(WAIT_STEPS_MAX).default(1),
    }),
    async run({ seconds, steps }, call) {
      await wait(seconds, steps, call)
      return toText(`waited ${seconds} s in ${steps} steps`)
    },
  }),
]

/** What a tool reads is what its schema gives: the SDKs see to that. */
function define<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  return definition as unknown as Tool
}

function toText(text: string): ToolResult {
  return { content: [{ type: 'text', text }] }
}

async function wait(seconds: number, steps: number, call: ToolCall): Promise<void> {
  const { progressToken, signal } = call
  for (let step = 1; step <= steps; step += 1) {
    await sleep((seconds * 1000) / steps, undefined, { signal })
    if (progressToken === undefined) continue
    const params = { progressToken, progress: step, total: steps, message: `step ${step}` }
    await call.notify({ method: 'notifications/progress', params })
  }
}
