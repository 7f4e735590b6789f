/** A configuration that the test changes, in the place of the watch on a file. */

import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { GatewayListener, LiveGateway } from '../../lib/catalogue/live-gateway.ts'

export interface ChangingGateway extends LiveGateway {
  /** In force at once; resolves when all listeners have followed. */
  change(part: Partial<Gateway>): Promise<void>
}

export function changingGateway(first: Gateway): ChangingGateway {
  const listeners = new Set<GatewayListener>()
  let current = first
  return {
    get current() {
      return current
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop() {},
    async change(part) {
      const before = current
      current = { ...current, ...part }
      for (const listener of listeners) await listener(current, before)
    },
  }
}
