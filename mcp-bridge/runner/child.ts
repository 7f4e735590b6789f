/**
 * One child that speaks MCP on stdin and stdout: messages in, messages out, its ending as a value.
 *
 * What it prints that is no message is told and dropped; what it is and where it runs is its host's.
 */

import type { Log } from '../../lib/platform/log.ts'
import { isTooMuch, parseExactly } from '../exact-json.ts'
import { type RpcMessage, serialize, toMessage } from '../json-rpc.ts'
import { createSparing } from '../sparing.ts'
import { KEPT_BYTES } from './framing.ts'
import { showBeginning } from './hide-secrets.ts'
import type { ChildHost, LaunchOrder } from './host.ts'
import { type InputAccount, InputShare } from './input-share.ts'
import { callOfOversized } from './oversized.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

const SHOWN_BYTES = 200

export interface ChildPorts {
  /** Where what it has not read counts. */
  readonly input: InputAccount
  readonly log: Log
}

export function launchChild(
  host: ChildHost,
  order: LaunchOrder,
  events: UpstreamEvents,
  { input, log }: ChildPorts,
): Upstream {
  const rubbish = createSparing()
  const skipped = createSparing()
  const skip = (why: object, head: string, tail: string): void => {
    skipped((count) => {
      log.warn({ ...why, count }, 'skipped a message of the server beyond the limit')
    })
    events.oversized(callOfOversized(head, tail))
  }
  const hosted = host.launch(order, {
    frame(line) {
      const text = readText(line)
      if (text === '') return
      const value = parse(text)
      const message = toMessage(value)
      if (isTooMuch(value)) {
        skip({ err: value }, text.slice(0, KEPT_BYTES), text.slice(-KEPT_BYTES))
      } else if (message !== undefined) events.message(message)
      else {
        rubbish((count) => {
          const shown = showBeginning(line, SHOWN_BYTES, order.secrets).trim()
          log.warn({ line: shown, count }, 'server printed what is not a message')
        })
      }
    },
    oversized: (head, tail) => skip({ limit: order.frameBytesMax }, head, tail),
  })
  const share = new InputShare(input, hosted)
  log.debug({ child_pid: hosted.pid }, 'server process started')
  void hosted.ended.then((ending) => {
    const { exitCode, signal, spawnError, stderr } = ending
    log.debug({ exit_code: exitCode, signal, err: spawnError, stderr }, 'server process ended')
    share.end()
    events.ended(ending)
  })
  return {
    pid: hosted.pid,
    ended: hosted.ended,
    gone: hosted.gone,
    pause: () => hosted.pause(),
    resume: () => hosted.resume(),
    figures: () => hosted.figures(),
    send(message) {
      const line = toLine(message)
      share.assertRoomFor(line.length)
      hosted.send(line)
      share.recount()
    },
    stop: (waits) => hosted.stop(waits),
  }
}

/** Some servers' line readers also break at U+2028 and U+2029, which JSON allows within strings. */
function toLine(message: RpcMessage): string {
  const json = serialize(message)
  if (!FALSE_BREAKS.test(json)) return json
  return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

const FALSE_BREAKS = /[\u2028\u2029]/

/** Some programs write a byte order mark first, or CRLF; blank lines mean nothing. */
function readText(line: Buffer): string {
  const text = line.toString('utf8')
  return (text.startsWith('\uFEFF') ? text.slice(1) : text).trim()
}

/** What could not be read is the error that says why. */
function parse(text: string): unknown {
  // What fails in the parser costs twenty times as much as a message.
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined
  try {
    return parseExactly(text)
  } catch (error) {
    // Reported by the caller, to whom it is no message either.
    return error
  }
}
