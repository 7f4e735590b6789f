/** What a tool of the echo service is, for clients with and without sessions: each is defined once. */

import { z } from 'zod'
import type { ReceivedHeaders } from '../../native/arrival.ts'
import type { EchoSession } from '../echo-session.ts'

export const ABOUT = { name: 'echo', version: '1.0.0' }

export interface ToolResult {
  readonly [member: string]: unknown
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
}

/** One call of a tool, whichever SDK has read it. */
export interface ToolCall {
  /** Of the HTTP request it came with, as they arrived. */
  readonly headers: ReceivedHeaders
  /** When that request arrived, in `performance.now()`. */
  readonly arrivedAtMs: number
  /** The revision of MCP that is spoken. */
  readonly revision: string
  /** What the client calls itself; nobody has checked it. */
  readonly client: ClientInfo | undefined
  /** Undefined in the era that has none (MCP 2026-07-28). */
  readonly session: EchoSession | undefined
  /** Set when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Undefined when the caller does not want to hear of progress. */
  readonly progressToken: string | number | undefined
  notify(notification: ProgressNotification): Promise<void>
}

export interface ClientInfo {
  readonly name: string
  readonly version: string
}

export interface ProgressNotification {
  method: 'notifications/progress'
  params: { progressToken: string | number; progress: number; total: number; message: string }
}

/** What a tool says: for people and models, and the same for programs. */
export interface Report<Facts> {
  readonly text: string
  readonly facts: Facts
}

interface Common {
  readonly name: string
  readonly description: string
  /** It has nothing to say without one, and is not offered. */
  readonly needsSession?: true
}

interface Definition<Input extends z.ZodObject> extends Common {
  readonly input: Input
  run(args: z.output<Input>, call: ToolCall): string | Promise<string>
}

interface ReportDefinition<Input extends z.ZodObject, Output extends z.ZodObject> extends Common {
  readonly input: Input
  readonly output: Output
  run(
    args: z.output<Input>,
    call: ToolCall,
  ): Report<z.output<Output>> | Promise<Report<z.output<Output>>>
}

export interface Tool extends Common {
  readonly inputSchema: z.ZodObject
  readonly outputSchema?: z.ZodObject
  readonly annotations: { readonly readOnlyHint: true; readonly openWorldHint: false }
  /** `args` are as the schema has read them. */
  run(args: Readonly<Record<string, unknown>>, call: ToolCall): Promise<ToolResult>
}

/** What is not asked for is refused: a misspelt argument must not pass for a default. */
export const NO_ARGUMENTS = z.strictObject({})

const ANNOTATIONS = { readOnlyHint: true, openWorldHint: false } as const

/** A tool whose answer is a text. */
export function defineTool<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  const { input, run, ...common } = definition
  return {
    ...common,
    annotations: ANNOTATIONS,
    inputSchema: input,
    // What it reads is what its schema gives: the SDKs see to that.
    run: async (args, call) => toContent(await run(args as z.output<Input>, call)),
  }
}

/** A tool whose answer has facts beside its text. */
export function defineReport<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: ReportDefinition<Input, Output>,
): Tool {
  const { input, output, run, ...common } = definition
  return {
    ...common,
    annotations: ANNOTATIONS,
    inputSchema: input,
    outputSchema: output,
    async run(args, call) {
      const { text, facts } = await run(args as z.output<Input>, call)
      return { ...toContent(text), structuredContent: facts }
    },
  }
}

function toContent(text: string): ToolResult {
  return { content: [{ type: 'text', text }] }
}
