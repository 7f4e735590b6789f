/** Which stream carries what a server says outside of an answer. */

import type { Answer } from './answer.ts'
import type { Channel } from './channel.ts'
import type { Call } from './runner/process-user.ts'

/**
 * The call it belongs to, whose client is there or can come back for it; failing that the only open
 * call, else the listening stream, which keeps what nobody takes. Undefined for what has nobody.
 */
export function route(
  calls: ReadonlyMap<Call, Answer>,
  listening: Channel,
  call: Call | undefined,
): Pick<Channel, 'send'> | undefined {
  const own = call === undefined ? undefined : calls.get(call)
  if (own !== undefined && (own.stream !== undefined || own.canStream)) return own
  if (call !== undefined) return listening.isOpen ? listening : undefined
  const open = [...new Set(calls.values())].filter(({ canStream }) => canStream)
  if (open.length === 1) return open[0]
  // Several calls and nobody listening: the youngest carries it, or server and client would wait.
  return listening.isOpen ? listening : (open.at(-1) ?? listening)
}
