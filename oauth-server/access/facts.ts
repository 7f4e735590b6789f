/**
 * Facts that perish: memberships, which are read again from the provider once they are old.
 *
 * While the provider is away those of before count for a day; then nobody can tell, which is our fault
 * and not the person's. A token that is dead is another matter: nobody vouches for them any more.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { shareRunning } from '../clients/documents/share-running.ts'
import type { Ports } from '../ports.ts'
import type { KnownUser, User } from '../store/users.ts'
import { arePerishable, withoutPerishable } from './evaluate.ts'
import { keepNeeded, type ReadingPorts, readAgain } from './read-again.ts'

export type FactsPorts = ReadingPorts & Pick<Ports, 'config'>

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

/** Longer than another process may read. */
const WAIT_MS_MAX = 6000
const WAIT_STEP_MS = 100
const RETRY_AFTER_SECONDS = 30

export function createFacts(ports: FactsPorts): Facts {
  const { config, families, clock, log, needsOf } = ports
  // Read when our clock was ahead: nobody knows how long ago that was, and it was not just now.
  const ageOf = ({ readAt }: KnownUser): number => Math.abs(toSeconds(clock()) - readAt)
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
            explain: 'provider',
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
      const outcome = await readAgain(ports, found)
      if (outcome !== 'told') return 'away'
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
