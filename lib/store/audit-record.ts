/** One entry of the audit log, whichever room it is of; and how the log is read. */

import type { Redis } from 'ioredis'

export const AUDIT_KEY = 'audit'

/** Absent is what does not apply, or is not known. Secrets are in none of it. */
export interface AuditRecord {
  /** Milliseconds: when it began. */
  readonly at: number
  readonly room: string
  /** What was done, e.g. `tools/call`. */
  readonly action: string
  /** What came of it: `ok`, or a word that says what did not. */
  readonly outcome: string
  /** `sub` of the person, or of the client for itself. */
  readonly user?: string | undefined
  readonly client_id?: string | undefined
  readonly service?: string | undefined
  /** What it was done to, e.g. the name of a tool. */
  readonly target?: string | undefined
  readonly request_id?: string | undefined
  /** Where it was asked from, as much of it as AUDIT_ADDRESSES lets be kept. */
  readonly address?: string | undefined
  readonly duration_ms?: number | undefined
  /** What else there is to say, by names of the action's own. */
  readonly details?: Readonly<Record<string, string | number | undefined>>
}

/** What kinds of actions there are; `call` is of tools. */
export const AUDIT_KINDS = [
  'login',
  'consent',
  'token',
  'revocation',
  'registration',
  'secret',
  'administration',
  'call',
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

const KINDS: Readonly<Record<string, AuditKind>> = { admin: 'administration', tools: 'call' }

/** By the first word of the action; undefined for one that is not known here. */
export function kindOf(action: string): AuditKind | undefined {
  const [first = ''] = action.split('/', 1)
  return KINDS[first] ?? AUDIT_KINDS.find((kind) => kind === first)
}

/** Whether somebody did not get what they asked for because it is not theirs, or was asked wrongly. */
function isRefusal({ action, outcome }: AuditRecord): boolean {
  return kindOf(action) === 'call' ? outcome === 'denied' : outcome !== 'ok'
}

export interface AuditEntry {
  /** Its place in the log. */
  readonly id: string
  readonly record: AuditRecord
}

/** What somebody wants to see of the log; what is absent does not matter. */
export interface AuditFilter {
  /** `refusal`: of any kind, and refused. */
  readonly kind?: AuditKind | 'refusal' | undefined
  readonly user?: string | undefined
  readonly client_id?: string | undefined
  readonly service?: string | undefined
  /** The tool of a call: of other actions it may be a name that a stranger has given to a client. */
  readonly target?: string | undefined
  readonly outcome?: string | undefined
  readonly request_id?: string | undefined
}

type Matches = (record: AuditRecord) => boolean

export function matchesAudit({ kind, ...members }: AuditFilter): Matches {
  const wanted = Object.entries(members).filter(([, value]) => value !== undefined)
  const isOfKind: Matches =
    kind === 'refusal' ? isRefusal : ({ action }) => kind === undefined || kindOf(action) === kind
  const { target } = members
  const isMeant: Matches = (record) =>
    isOfKind(record) && (target === undefined || kindOf(record.action) === 'call')
  return (record) =>
    isMeant(record) && wanted.every(([name, value]) => record[name as keyof AuditRecord] === value)
}

/** The log as whoever looks at it has it. */
export interface AuditLog {
  /** The last ones that match, oldest first. */
  last(count: number, matches: Matches): Promise<AuditEntry[]>
  /** Some of what came after a place, oldest first; from the beginning after `-`. */
  after(id: string): Promise<AuditEntry[]>
  /** The place of the latest entry, `-` when there is none. */
  end(): Promise<string>
}

export function redisAuditLog(redis: Redis): AuditLog {
  return {
    last: (count, matches) => lastAudit(redis, count, matches),
    after: (id) => auditAfter(redis, id),
    end: () => auditEnd(redis),
  }
}

/** Of one look at the store. */
const PAGE = 500

/** The last ones that match, oldest first. */
export async function lastAudit(
  redis: Redis,
  count: number,
  matches: Matches,
): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  let before = '+'
  while (found.length < count) {
    const page = (await redis.xrevrange(AUDIT_KEY, before, '-', 'COUNT', PAGE)).map(toEntry)
    found.push(...page.filter(({ record }) => matches(record)))
    const oldest = page.at(-1)
    if (oldest === undefined || page.length < PAGE) break
    before = `(${oldest.id}`
  }
  return found.slice(0, count).reverse()
}

/** What came after an entry, oldest first; all of it after `-`. */
export async function auditAfter(redis: Redis, id: string): Promise<AuditEntry[]> {
  const from = id === '-' ? '-' : `(${id}`
  return (await redis.xrange(AUDIT_KEY, from, '+', 'COUNT', PAGE)).map(toEntry)
}

/** The place of the latest entry, `-` when there is none. */
export async function auditEnd(redis: Redis): Promise<string> {
  const [last] = await redis.xrevrange(AUDIT_KEY, '+', '-', 'COUNT', 1)
  return last?.[0] ?? '-'
}

function toEntry([id, fields]: [string, string[]]): AuditEntry {
  return { id, record: JSON.parse(fields[1] ?? '{}') as AuditRecord }
}
