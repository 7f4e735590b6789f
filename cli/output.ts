/** Where commands write, and read: text for people, one JSON document for programs. */

import type { Readable, Writable } from 'node:stream'
import { ConfigError } from '../lib/platform/environment.ts'
import { CliError, EXIT_CODE, type ExitCode } from './cli-error.ts'
import { escapeControls } from './log/terminal-line.ts'

export interface Streams {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

export type Stdin = Readable & { readonly isTTY?: boolean }

export interface Output {
  readonly json: boolean
  /** For what is no result, and may not be dropped. */
  readonly stdout: Streams['stdout']
  /** For what changes in place. */
  readonly stderr: Streams['stderr']
  /** Whether stdout is a terminal that wants colour; whether it is one at all says `stdout.isTTY`. */
  readonly colour: boolean
  /** The command's result: the value as JSON, or else what `render` makes of it. */
  result(value: unknown, render: () => readonly string[]): void
  /** Of a result: kept until somebody reads it. What goes on and on is `send`, or drops some itself. */
  line(text: string): void
  /** Writes a line and waits for whoever reads slowly. False once nobody reads any more: `gateway logs | head`. */
  send(text: string): Promise<boolean>
  /** What is going on, for a person only: stderr. */
  note(text: string): void
}

export function createOutput(streams: Streams, options: Pick<Output, 'json' | 'colour'>): Output {
  const { stdout, stderr } = streams
  const line = (text: string): void => void stdout.write(`${text}\n`)
  return {
    ...options,
    stdout,
    stderr,
    line,
    send: (text) =>
      new Promise((resolve) => {
        stdout.write(`${text}\n`, (error) => resolve(error == null))
      }),
    note: (text) => void stderr.write(`${text}\n`),
    result(value, render) {
      if (options.json) line(toJsonText(value))
      else for (const text of render()) line(text)
    },
  }
}

/** JSON that steers no terminal: control characters that JSON itself allows are written as `\\u`, which means the same. */
export function toJsonText(value: unknown): string {
  return withoutControls(JSON.stringify(value, undefined, 2) ?? 'null')
}

/** The same on a line of its own: for what comes one after the other. */
export function toJsonRow(value: object): string {
  return withoutControls(JSON.stringify(value))
}

function withoutControls(json: string): string {
  return json.replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}

/** Columns as wide as their widest cell; the first row is the head. */
export function toTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length)
    })
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Tells a failure on stderr and answers the exit code; a stack only for what nobody foresaw. */
export function reportFailure(thrown: unknown, output: Output): ExitCode {
  const error = inWords(thrown)
  if (output.json) {
    output.note(toJsonRow({ error: toFailure(error) }))
  } else if (error instanceof CliError) {
    output.note(toPlain(error.message))
    if (error.nextStep !== undefined) output.note(`→ ${toPlain(error.nextStep)}`)
  } else if (error instanceof ConfigError) {
    output.note(error.message)
  } else {
    output.note(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return error instanceof CliError ? error.exitCode : EXIT_CODE.failed
}

/** What any step that reads or writes may meet: a fault of the machine, and none of this program. */
function inWords(thrown: unknown): unknown {
  if (isOutOfSpace(thrown)) return toOutOfSpace(thrown)
  return isRefusedFile(thrown) ? toRefusedFile(thrown) : thrown
}

/** Of the locks, which are SQLite's. */
const SQLITE_FULL = 13

function isOutOfSpace(error: unknown): error is Error {
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_FULL
  return error instanceof Error && isFull
}

function toOutOfSpace(cause: Error): CliError {
  return new CliError(`There is no space left to write to (${cause.message}).`, {
    nextStep: 'df -h and df -i tell which disk is full; free some of it, then again',
    cause,
  })
}

/** As where root has started the gateway once, and another account does now. */
function isRefusedFile(error: unknown): error is Error {
  const { code, path } = (error ?? {}) as { readonly code?: unknown; readonly path?: unknown }
  const isRefused = code === 'EACCES' || code === 'EPERM'
  return error instanceof Error && isRefused && typeof path === 'string'
}

function toRefusedFile(cause: Error): CliError {
  return new CliError(`The system refuses a file to this account (${cause.message}).`, {
    nextStep: 'ls -ld tells whose it is: run as that account, or give it to this one with chown -R',
    cause,
  })
}

/** Words of servers may be in it: what would move a terminal's cursor is shown, not done. */
function toPlain(text: string): string {
  return text.split('\n').map(escapeControls).join('\n')
}

function toFailure(error: unknown): Record<string, unknown> {
  if (error instanceof CliError) return { message: error.message, next_step: error.nextStep }
  if (error instanceof ConfigError)
    return { message: 'invalid configuration', faults: error.faults }
  return { message: error instanceof Error ? error.message : String(error) }
}
