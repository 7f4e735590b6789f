/**
 * One child that speaks MCP on stdin and stdout: messages in, messages out, its ending as a value.
 *
 * It may print rubbish, flood, stop reading or die; each has a bound here.
 */

import type { Writable } from 'node:stream'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, GroupedProcess, StopWaits } from '../../lib/platform/process-group.ts'
import { parseExactly } from '../exact-json.ts'
import { RpcFault, type RpcMessage, serialize, toMessage } from '../json-rpc.ts'
import { FRAME_BYTES_MAX, INPUT_QUEUE_BYTES_MAX } from '../limits.ts'
import { FrameReader, idOfOversized } from './framing.ts'
import { drainStderr } from './stderr.ts'

export interface ChildEvents {
  message(message: RpcMessage): void
  /** An answer was too large to pass; `id` is ours where it could be told. */
  oversized(id: number | undefined): void
  ended(ending: Ending): void
}

export interface Child {
  readonly ended: Promise<Ending>
  /** @throws RpcFault when the child does not read what waits for it already. */
  send(message: RpcMessage): void
  stop(waits: StopWaits): Promise<Ending>
}

const SHOWN_CHARACTERS = 200

export function attachChild(
  grouped: GroupedProcess,
  events: ChildEvents,
  log: Log,
  clock: Clock,
): Child {
  const { stdin, stdout, stderr } = grouped.child
  const tail = stderr === null ? () => '' : drainStderr(stderr, log, clock)
  const reader = new FrameReader(FRAME_BYTES_MAX, {
    frame: (line) => readFrame(line, events, log),
    oversized(head, end) {
      log.warn({ limit: FRAME_BYTES_MAX }, 'skipped a message of the server beyond the limit')
      events.oversized(idOfOversized(head, end))
    },
  })
  stdout?.on('data', (chunk: Buffer) => reader.write(chunk))
  stdout?.on('error', () => {
    // As with stderr: the ending tells.
  })
  stdin?.on('error', () => {
    // EPIPE from a child that ended or closed its input: its ending tells, or nothing is lost.
  })
  void grouped.ended.then((ending) => {
    log.debug({ ...ending, stderr: tail() }, 'server process ended')
    events.ended(ending)
  })
  return {
    ended: grouped.ended,
    send: (message) => write(stdin, toLine(message)),
    stop: (waits) => grouped.stop(waits),
  }
}

/** Some servers' line readers also break at U+2028 and U+2029, which JSON allows within strings. */
function toLine(message: RpcMessage): string {
  const json = serialize(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  return `${json}\n`
}

function write(stdin: Writable | null, line: string): void {
  if (stdin === null || !stdin.writable) return
  if (stdin.writableLength > 0 && stdin.writableLength + line.length > INPUT_QUEUE_BYTES_MAX) {
    throw new RpcFault(503, 'internal', 'the server does not read its messages: try again later', {
      headers: { 'retry-after': '5' },
    })
  }
  stdin.write(line)
}

function readFrame(line: Buffer, events: ChildEvents, log: Log): void {
  // Some programs write a byte order mark first, or CRLF; blank lines mean nothing.
  const text = line
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim()
  if (text === '') return
  const message = toMessage(parse(text))
  if (message !== undefined) events.message(message)
  else log.warn({ line: text.slice(0, SHOWN_CHARACTERS) }, 'server printed what is not a message')
}

function parse(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    // Reported by the caller, who treats it like JSON that is no message.
    return undefined
  }
}
