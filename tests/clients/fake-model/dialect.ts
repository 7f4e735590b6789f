/** What a model's API is asked and answers, whoever's it is: only what a single call of one tool needs. */

export type Json = Readonly<Record<string, unknown>>

export interface Turn {
  /** Names of the tools that the client offers. */
  readonly tools: readonly string[]
  /** What the tool answered, once it was called. */
  readonly result: string | undefined
}

export type Answer = { readonly tool: string } | { readonly text: string }

export interface Dialect {
  /** Whether a POST to this path is a question in it. */
  asks(path: string): boolean
  read(body: Json): Turn
  /** The events of a stream, each with the name that the API gives it. */
  write(answer: Answer): readonly { readonly event?: string; readonly data: Json | '[DONE]' }[]
}

export const ID = 'fake-1'
export const MODEL = 'fake-model'

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** Results have many forms; the text in them is the same. */
export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
