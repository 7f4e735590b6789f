/** Whether an access token that verified no longer counts. */

import type { AccessTokenClaims } from '../../lib/oauth/access-token.ts'
import type { Revocations } from '../../lib/store/revocations.ts'

export async function isRevoked(
  revocations: Pick<Revocations, 'ask'>,
  { jti, grant_id, client_id, sub, iat }: AccessTokenClaims,
): Promise<boolean> {
  const answer = await revocations.ask({
    tokenId: jti,
    grantId: grant_id,
    clientId: client_id,
    userId: sub,
    issuedAt: iat,
  })
  return answer.revoked
}
