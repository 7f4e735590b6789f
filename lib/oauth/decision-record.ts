/**
 * What a decision says of itself beside its answer: ext-authz writes it, the edge's access log shows it.
 *
 * Neither tokens nor scopes nor anything else that lets somebody in is part of it.
 */

/** Each name as a string of `CheckResponse.dynamic_metadata`; absent when there is nothing to say. */
export const DECISION_RECORD = {
  /** `allow` or `deny`. */
  decision: 'decision',
  /** Why not. */
  reason: 'reason',
  /** `sub` of the token. */
  user: 'user',
  client: 'client_id',
  service: 'service',
} as const
