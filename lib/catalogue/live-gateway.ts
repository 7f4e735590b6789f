/** The configuration as it is now: `gateway.yaml` may change while everything runs. */

import type { Gateway } from './gateway.ts'

/** May take its time; the next change waits for it. */
export type GatewayListener = (now: Gateway, before: Gateway) => Promise<void> | void

/**
 * What may change while running is `mcpServers` and `access`; everything else stays as it was at the
 * start, whatever the file says, until the gateway is started again.
 */
export interface LiveGateway {
  readonly current: Gateway
  /** Called after each change that was taken up. @returns what ends the calls. */
  onChange(listener: GatewayListener): () => void
  stop(): void
}
