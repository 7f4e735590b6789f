/**
 * Facts that perish: memberships, which are read again from the provider once they are old.
 *
 * While the provider is away those of before count for a day; then nobody can tell, which is our fault
 * and not the person's. A token that is dead is another matter: nobody vouches for them any more.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { open, seal } from '../../lib/platform/seal.ts'
import { shareRunning } from '../clients/documents/share-running.ts'
import { type Needs, ProviderError, type UpstreamAnswer } from '../login/providers/provider.ts'
import type { Ports } from '../ports.ts'
import { type KnownUser, toUser, type User } from '../store/users.ts'
import { arePerishable, withoutPerishable } from './evaluate.ts'

export interface FactsPorts
  extends Pick<Ports, 'config' | 'families' | 'providers' | 'clock' | 'log'> {
  /** Of the tokens that facts are read with. */
  readonly sealingKey: Buffer
  /** By the rules as they are now. */
  readonly needsOf: (provider: string) => Needs
}

export interface Facts {
  /** What is kept of somebody whom a provider has just told of. */
  toKnown(user: User, upstreamToken: string | undefined): KnownUser
  /** Without what no rule asks for any more; kept so. */
  tidy(known: KnownUser): Promise<KnownUser>
  areOld(known: KnownUser): boolean
  /** Whether what a person is called is likely to be still true. */
  mayBind(known: KnownUser): boolean
  /**
   * Those of somebody whose facts are old, read again; undefined when they have been forgotten.
   * @throws OAuthError 503 when they cannot be read and are too old to count.
   */
  renew(known: KnownUser): Promise<KnownUser | undefined>
}

/** What came of a reading, by whichever process; `away`: nothing. */
type Reading = 'away' | { readonly user: KnownUser | undefined }

const READ_MS_MAX = 5000
/** Longer than another process may read. */
const WAIT_MS_MAX = 6000
const WAIT_STEP_MS = 100
const RETRY_AFTER_SECONDS = 30

export function createFacts(ports: FactsPorts): Facts {
  const { config, families, clock, log, needsOf } = ports
  const ageOf = ({ readAt }: KnownUser): number => toSeconds(clock()) - readAt
  const areOld = (known: KnownUser): boolean =>
    arePerishable(needsOf(known.provider)) && ageOf(known) > config.ACCESS_FACTS_LIFETIME
  const mayBind = (known: KnownUser): boolean => ageOf(known) <= config.ACCESS_FACTS_OUTAGE
  const readOnce = shareRunning(async (userId): Promise<Reading> => {
    const ticket = await families.factReadings.begin(userId)
    if (ticket !== undefined) return await readWithTicket(ports, userId, ticket, areOld)
    await waitForReader(ports, userId)
    return { user: await families.users.find(userId) }
  })
  return {
    areOld,
    mayBind,
    toKnown(user, upstreamToken) {
      const now = toSeconds(clock())
      return { ...keepNeeded(ports, user, upstreamToken), readAt: now, lastLoginAt: now }
    },
    async tidy(known) {
      if (arePerishable(needsOf(known.provider)) || !holdsPerishable(known)) return known
      const tidied = { ...withoutPerishable(known), sealedToken: undefined }
      await families.users.replace(known, tidied)
      return tidied
    },
    async renew(known) {
      const reading = await readOnce(known.id)
      // As old as before: whoever else was to read it could not.
      if (reading !== 'away' && reading.user?.readAt !== known.readAt) return reading.user
      const facts = { user: known.id, provider: known.provider }
      if (ageOf(known) > config.ACCESS_FACTS_OUTAGE) {
        throw new OAuthError(
          'temporarily_unavailable',
          'the login provider does not answer: try again',
          {
            detail: 'the facts about a person are too old',
            retryAfterSeconds: RETRY_AFTER_SECONDS,
          },
        )
      }
      log.warn(facts, 'facts could not be read again: those of before count')
      return known
    },
  }
}

function holdsPerishable({ sealedToken, organizations, teams, groups }: KnownUser): boolean {
  return [sealedToken, organizations, teams, groups].some((one) => one !== undefined)
}

/** Nothing that no rule needs. */
function keepNeeded(
  { sealingKey, needsOf }: FactsPorts,
  user: User,
  upstreamToken: string | undefined,
): User & Pick<KnownUser, 'sealedToken'> {
  if (!arePerishable(needsOf(user.provider))) return withoutPerishable(user)
  const sealedToken =
    upstreamToken === undefined ? undefined : seal(sealingKey, upstreamToken, user.id)
  return { ...user, sealedToken }
}

/** Whoever holds the ticket is the only one that reads, in whatever process. */
async function readWithTicket(
  ports: FactsPorts,
  userId: string,
  ticket: string,
  areOld: Facts['areOld'],
): Promise<Reading> {
  const { users, factReadings } = ports.families
  let outcome: 'read' | 'failed' = 'failed'
  try {
    const found = await users.find(userId)
    // Another process may have been faster between our look and our turn.
    if (found !== undefined && areOld(found)) {
      const user = await readAgain(ports, found)
      if (user === undefined) return 'away'
      // In vain where somebody logged in meanwhile, which told more.
      await users.replace(found, user)
    }
    outcome = 'read'
    return { user: await users.find(userId) }
  } finally {
    await factReadings.end(userId, ticket, outcome)
  }
}

/** Until the reader has ended, or is taken for dead. */
async function waitForReader({ families }: FactsPorts, userId: string): Promise<void> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += WAIT_STEP_MS) {
    if ((await families.factReadings.state(userId)) !== 'reading') return
    await sleep(WAIT_STEP_MS)
  }
}

/** Undefined when the provider does not tell. */
async function readAgain(ports: FactsPorts, found: KnownUser): Promise<KnownUser | undefined> {
  const { sealingKey, clock, log, needsOf } = ports
  const facts = { user: found.id, provider: found.provider }
  const readAt = toSeconds(clock())
  const token = found.sealedToken && open(sealingKey, found.sealedToken, found.id)
  try {
    if (!token) throw new ProviderError(found.provider, 'expired', 'no token that opens is kept')
    const answer = await askProvider(ports, found, token)
    const user = toUser(found.provider, answer.identity)
    const isTold = needsOf(found.provider).emails || user.emails.length > 0
    const emails = isTold ? user.emails : found.emails
    const kept = keepNeeded(ports, { ...user, emails }, answer.token ?? token)
    return { ...kept, readAt, lastLoginAt: found.lastLoginAt }
  } catch (thrown) {
    const { fault, detail } = toProviderError(found.provider, thrown)
    if (fault === 'expired') {
      log.warn({ ...facts, detail }, 'nobody vouches any more for what was read before')
      return { ...withoutPerishable(found), sealedToken: undefined, readAt }
    }
    log.warn({ ...facts, fault, detail }, 'facts could not be read')
    return undefined
  }
}

/** @throws ProviderError, in time. */
async function askProvider(
  { providers, needsOf }: FactsPorts,
  { id, provider: name }: KnownUser,
  token: string,
): Promise<UpstreamAnswer> {
  const provider = providers.get(name)
  if (provider?.kind !== 'redirect') {
    throw new ProviderError(name, 'misconfigured', 'nothing can be read from it any more')
  }
  const answer = await inTime(provider.read(token, needsOf(name)), name)
  if (toUser(name, answer.identity).id === id) return answer
  throw new ProviderError(name, 'invalid', 'it told of somebody else')
}

async function inTime<T>(work: Promise<T>, provider: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new ProviderError(provider, 'unavailable', 'it took too long')),
    READ_MS_MAX,
  )
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What we did not foresee is our fault: it costs nobody their login. */
function toProviderError(provider: string, thrown: unknown): ProviderError {
  if (thrown instanceof ProviderError) return thrown
  return new ProviderError(provider, 'unavailable', `unforeseen: ${String(thrown)}`, {
    cause: thrown,
  })
}
