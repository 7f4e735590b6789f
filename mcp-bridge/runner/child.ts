/**
 * One child that speaks MCP on stdin and stdout: messages in, messages out, its ending as a value.
 *
 * What it prints that is no message is told and dropped; what it is and where it runs is its host's.
 */

import type { Log } from '../../lib/platform/log.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { parseExactly } from '../exact-json.ts'
import { type RpcMessage, serialize, toMessage } from '../json-rpc.ts'
import { idOfOversized } from './framing.ts'
import type { ChildHost, HostedChild, HostedEnding, LaunchOrder } from './host.ts'

export interface ChildEvents {
  message(message: RpcMessage): void
  /** An answer was too large to pass; `id` is ours where it could be told. */
  oversized(id: number | undefined): void
  ended(ending: HostedEnding): void
}

export interface Child
  extends Pick<HostedChild, 'pid' | 'ended' | 'gone' | 'pause' | 'resume' | 'figures'> {
  /** @throws RpcFault when the child does not read what waits for it already. */
  send(message: RpcMessage): void
  stop(waits: StopWaits): Promise<HostedEnding>
}

const SHOWN_CHARACTERS = 200

export function launchChild(
  host: ChildHost,
  order: LaunchOrder,
  events: ChildEvents,
  log: Log,
): Child {
  const hosted = host.launch(order, {
    frame: (line) => readFrame(line, events, log),
    oversized(head, end) {
      const limit = order.frameBytesMax
      log.warn({ limit }, 'skipped a message of the server beyond the limit')
      events.oversized(idOfOversized(head, end))
    },
  })
  log.debug({ child_pid: hosted.pid }, 'server process started')
  void hosted.ended.then((ending) => {
    log.debug({ ...ending }, 'server process ended')
    events.ended(ending)
  })
  return {
    pid: hosted.pid,
    ended: hosted.ended,
    gone: hosted.gone,
    pause: () => hosted.pause(),
    resume: () => hosted.resume(),
    figures: () => hosted.figures(),
    send: (message) => hosted.send(toLine(message)),
    stop: (waits) => hosted.stop(waits),
  }
}

/** Some servers' line readers also break at U+2028 and U+2029, which JSON allows within strings. */
function toLine(message: RpcMessage): string {
  return serialize(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
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
