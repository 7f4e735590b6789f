/**
 * A server as a channel of messages: the pipes of a child, or the connections to a remote server.
 *
 * Whoever implements it knows how messages travel; what they mean, and whose they are, is known above.
 */

import type { StopWaits } from '../../lib/platform/process-group.ts'
import type { RpcMessage } from '../json-rpc.ts'
import type { HostedChild, HostedEnding } from './host.ts'
import type { OversizedCall } from './oversized.ts'

export interface UpstreamEvents {
  /** `about`: the id we gave the request on whose stream it came, where the transport tells. */
  message(message: RpcMessage, about?: number): void
  /** A message was too large to pass. */
  oversized(call: OversizedCall): void
  ended(ending: HostedEnding): void
}

export interface Upstream
  extends Pick<HostedChild, 'pid' | 'ended' | 'gone' | 'pause' | 'resume' | 'figures'> {
  /** @throws RpcFault when the server does not take it: it does not read what waits for it already. */
  send(message: RpcMessage): void
  stop(waits: StopWaits): Promise<HostedEnding>
}
