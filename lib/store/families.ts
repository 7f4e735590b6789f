/**
 * Which record family a key belongs to, and what becomes of the family in a backup.
 *
 * The shape of a key is its owner's alone (`oauth-server/store`, `mcp-bridge/store`, this folder); here stands
 * only how the names begin. A key of no family is carried along: what nobody knows is not to be lost.
 */

/**
 * `kept`: is in a backup, and back after a restore. `ended`: as `kept`, but what its owner has ended in the same
 * store since the backup stays so. `passing`: lives for minutes, or is made anew by itself. `made`: only a
 * restore itself says what it is.
 */
export type Keeping = 'kept' | 'ended' | 'passing' | 'made'

export interface Family {
  readonly name: string
  readonly keeping: Keeping
  /** Names of keys; those that end with `:` are what names begin with. */
  readonly keys: readonly string[]
}

const FAMILIES: readonly Family[] = [
  { name: 'clients', keeping: 'ended', keys: ['client:'] },
  { name: 'client indexes', keeping: 'kept', keys: ['clients', 'clients:unapproved'] },
  { name: 'configured ids', keeping: 'kept', keys: ['clients:configured'] },
  { name: 'grants', keeping: 'ended', keys: ['grant:'] },
  {
    name: 'grant indexes',
    keeping: 'kept',
    keys: ['grants:user:', 'grants:client:', 'grants:own:'],
  },
  { name: 'refresh', keeping: 'ended', keys: ['refresh:'] },
  { name: 'logins', keeping: 'ended', keys: ['login:'] },
  { name: 'consents', keeping: 'ended', keys: ['consent:'] },
  { name: 'consent indexes', keeping: 'kept', keys: ['consents:user:'] },
  { name: 'endings', keeping: 'kept', keys: ['logins:ended:', 'consents:forgotten:'] },
  { name: 'users', keeping: 'kept', keys: ['user:', 'users'] },
  { name: 'disabled users', keeping: 'kept', keys: ['users:disabled'] },
  { name: 'user-secrets', keeping: 'ended', keys: ['user-secrets:'] },
  { name: 'signing-keys', keeping: 'kept', keys: ['signing-keys', 'public-keys'] },
  { name: 'bindings', keeping: 'kept', keys: ['access:bindings', 'access:bindings:revision'] },
  { name: 'provider issuers', keeping: 'kept', keys: ['providers:issuers'] },
  { name: 'documents', keeping: 'kept', keys: ['document:'] },
  { name: 'assertions', keeping: 'kept', keys: ['assertion:'] },
  { name: 'revocations', keeping: 'kept', keys: ['revocations', 'revocations:expiries'] },
  { name: 'audit', keeping: 'kept', keys: ['audit'] },
  { name: 'instant', keeping: 'kept', keys: ['instant'] },
  { name: 'epoch', keeping: 'made', keys: ['epoch', 'revocations:number', 'restored'] },
  { name: 'revocations stream', keeping: 'passing', keys: ['revocations:stream'] },
  { name: 'audit batches', keeping: 'passing', keys: ['audit-batch:'] },
  { name: 'interactions', keeping: 'passing', keys: ['interaction:'] },
  {
    name: 'pushed-requests',
    keeping: 'passing',
    keys: ['pushed-request:', 'decided-request:'],
  },
  { name: 'codes', keeping: 'passing', keys: ['code:'] },
  {
    name: 'devices',
    keeping: 'passing',
    keys: ['devices', 'device:', 'device-user-code:', 'device-confirmation:'],
  },
  { name: 'upstream-logins', keeping: 'passing', keys: ['upstream-login:'] },
  { name: 'limits', keeping: 'passing', keys: ['limit:'] },
  { name: 'fact readings', keeping: 'passing', keys: ['facts:reading:'] },
  { name: 'reachability', keeping: 'passing', keys: ['reachability', 'reachability:lease'] },
  { name: 'sessions', keeping: 'passing', keys: ['session:', 'events:'] },
  { name: 'leases', keeping: 'passing', keys: ['lease:', 'leases:fence', 'leases:since'] },
  { name: 'bridges', keeping: 'passing', keys: ['bridge:'] },
  { name: 'eras', keeping: 'passing', keys: ['eras:'] },
  // What a restore that was killed has left; the next one, or a purge, takes it away.
  { name: 'unfinished restore', keeping: 'passing', keys: ['restoring:'] },
]

const UNKNOWN: Family = { name: 'other', keeping: 'kept', keys: [] }

const EXACT = new Map<string, Family>()
const STARTS: [string, Family][] = []
for (const family of FAMILIES) {
  for (const key of family.keys) {
    if (key.endsWith(':')) STARTS.push([key, family])
    else EXACT.set(key, family)
  }
}
// The longer beginning is the narrower one.
STARTS.sort(([one], [other]) => other.length - one.length)

/** @param key without the prefix that all keys of ours have. */
export function familyOf(key: string): Family {
  return EXACT.get(key) ?? STARTS.find(([start]) => key.startsWith(start))?.[1] ?? UNKNOWN
}

export function isKept(key: string): boolean {
  const { keeping } = familyOf(key)
  return keeping === 'kept' || keeping === 'ended'
}

/** What the names of families begin with whose records stay ended. */
export const ENDED_STARTS: readonly string[] = FAMILIES.filter(
  ({ keeping }) => keeping === 'ended',
).flatMap(({ keys }) => keys)
