/** A span for each command that is sent on behalf of one: its name alone, never a key or a value. */

import type { Redis } from 'ioredis'
import type { Tracing } from '../platform/tracing/tracing.ts'

/** Commands that nobody's request waits for, such as heartbeats, have no span. */
export function traceCommands(redis: Redis, tracing: Tracing): void {
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (...sent: Parameters<Redis['sendCommand']>): unknown => {
    const [command] = sent
    const parent = tracing.current
    if (parent === undefined) return send(...sent)
    const name = command.name.toUpperCase()
    const span = tracing.start(name, {
      kind: 'client',
      parent,
      attributes: { 'db.system.name': 'redis', 'db.operation.name': name },
    })
    const end = (): void => span.end()
    const fail = (error: unknown): void => {
      const { name: type, message } = error as Error
      // Whether the store has a script is found out by asking for it.
      if (!message.startsWith('NOSCRIPT')) span.fail(type)
      span.end()
    }
    // Beside whoever waits for it: its promise is theirs.
    command.promise.then(end, fail)
    return send(...sent)
  }
}
