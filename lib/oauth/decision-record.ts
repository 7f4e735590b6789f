/**
 * What a refusal says of itself beside its answer: ext-authz writes it, the edge's access log shows it. Of whoever
 * is let in the log has the same from the identity headers.
 *
 * Neither tokens nor scopes nor anything else that lets somebody in is part of it.
 */

/** Each name as a string of `CheckResponse.dynamic_metadata`; absent when there is nothing to say. */
export const DECISION_RECORD = {
  /** `deny`; of an allowance the log says `allow`. */
  decision: 'decision',
  /** Why not. */
  reason: 'reason',
  /** `sub` of the token, written as in its header. */
  user: 'user',
  /** Likewise. */
  client: 'client_id',
} as const
