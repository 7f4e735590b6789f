/** What waits for a child that does not read has a bound; a single message may be larger. */

import { RpcFault } from '../json-rpc.ts'
import { INPUT_QUEUE_BYTES_MAX } from '../limits.ts'

/** @throws RpcFault 503 when `line` may not wait behind so many bytes. */
export function assertTaken(
  waitingBytes: number,
  line: string,
  bytesMax: number = INPUT_QUEUE_BYTES_MAX,
): void {
  if (waitingBytes === 0 || waitingBytes + line.length <= bytesMax) return
  throw new RpcFault(503, 'internal', 'the server does not read its messages: try again later', {
    headers: { 'retry-after': '5' },
  })
}
