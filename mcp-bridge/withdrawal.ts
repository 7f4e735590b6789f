/**
 * What a client is told when its admission is withdrawn.
 *
 * As an HTTP answer it is a 200, as with every call that began and failed: 401 and 403 would have
 * clients log in or step up without the edge's challenge, 404 would begin a session, 503 would try
 * again. The edge answers the next request with the challenge.
 */

import type { RevocationKind } from '../lib/store/revocation.ts'
import { RpcFault } from './json-rpc.ts'

export type RevokedBy = RevocationKind | 'epoch'

const WHAT: Readonly<Record<RevokedBy, string>> = {
  token: 'its access token was revoked',
  grant: 'the access it was made with was ended: log in again',
  client: 'the access of this client was ended: log in again',
  user: 'the access of this person was ended',
  epoch: 'its access token is no longer accepted: refresh it',
}

export function toRevoked(by: RevokedBy): RpcFault {
  return withdrawal(`the gateway ended this request: ${WHAT[by]}`, `revoked ${by}`)
}

export function toLapsed(): RpcFault {
  return withdrawal('the access token has expired: listen again with a new one', 'expired')
}

function withdrawal(message: string, reason: string): RpcFault {
  return new RpcFault(200, 'refused', message, { data: { reason } })
}
