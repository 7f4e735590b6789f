/**
 * Asks a provider again what it tells of somebody, and keeps it.
 *
 * Nobody waits longer than some seconds. What comes later is kept all the same: of a provider that replaces
 * its token with each use nothing else would ever be heard again.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { open, seal } from '../../lib/platform/seal.ts'
import {
  type KeepToken,
  type Needs,
  ProviderError,
  type UpstreamAnswer,
} from '../login/providers/provider.ts'
import { traceOf } from '../login/providers/trace-of.ts'
import type { Ports } from '../ports.ts'
import { type KnownUser, toUser, type User } from '../store/users.ts'
import { arePerishable, withoutPerishable } from './evaluate.ts'

export interface ReadingPorts extends Pick<Ports, 'families' | 'providers' | 'clock' | 'log'> {
  /** Of the tokens that facts are read with. */
  readonly sealingKey: Buffer
  /** By the rules as they are now. */
  readonly needsOf: (provider: string) => Needs
}

/** `untold`: the provider does not tell now; `late`: perhaps it will. */
export type Outcome = 'told' | 'untold' | 'late'

const READ_MS_MAX = 5000

/** Rejects when the store does not answer. */
export async function readAgain(ports: ReadingPorts, found: KnownUser): Promise<Outcome> {
  const { id: user, provider } = found
  const reading = readAndKeep(ports, found)
  const ended = new AbortController()
  const { signal } = ended
  const late = sleep(READ_MS_MAX, 'late' as const, { signal }).catch(() => 'late' as const)
  const outcome = await Promise.race([reading, late]).finally(() => ended.abort())
  if (outcome !== 'late') return outcome
  ports.log.warn({ user, provider, detail: 'it took too long' }, 'facts could not be read')
  reading.catch((error: unknown) => {
    ports.log.error({ user, err: error }, 'facts that came late could not be kept')
  })
  return outcome
}

async function readAndKeep(
  ports: ReadingPorts,
  found: KnownUser,
): Promise<Exclude<Outcome, 'late'>> {
  const { clock, log } = ports
  const facts = { user: found.id, provider: found.provider }
  const readAt = toSeconds(clock())
  const record = createRecord(ports, found)
  try {
    const token = openToken(ports, found)
    const answer = await askProvider(ports, found, { token, keep: record.keep })
    const user = toUser(found.provider, answer.identity)
    const isTold = ports.needsOf(found.provider).emails || user.emails.length > 0
    const emails = isTold ? user.emails : found.emails
    const kept = keepNeeded(ports, { ...user, emails }, answer.token ?? token)
    await record.replace({ ...kept, readAt, lastLoginAt: found.lastLoginAt })
    return 'told'
  } catch (thrown) {
    if (thrown instanceof OAuthError) throw thrown
    const { fault, detail } = toProviderError(found.provider, thrown)
    if (fault === 'expired' || fault === 'blocked') {
      log.warn({ ...facts, detail }, 'nobody vouches any more for what was read before')
      await record.replace({ ...withoutPerishable(found), sealedToken: undefined, readAt })
      return 'told'
    }
    log.warn({ ...facts, fault, detail }, 'facts could not be read')
    return 'untold'
  }
}

interface HeldRecord {
  readonly keep: KeepToken
  /** In vain where somebody logged in meanwhile, which told more. */
  replace(user: KnownUser): Promise<void>
}

/** What is held of somebody while it is read anew. */
function createRecord({ families, sealingKey, log }: ReadingPorts, found: KnownUser): HeldRecord {
  let held = found
  const replace = async (user: KnownUser): Promise<void> => {
    if (await families.users.replace(held, user)) held = user
  }
  return {
    replace,
    async keep(token) {
      try {
        await replace({ ...held, sealedToken: seal(sealingKey, token, held.id) })
      } catch (error) {
        // Once more with the facts, if those come.
        log.error({ user: held.id, err: error }, 'a renewed token could not be kept')
      }
    },
  }
}

/** @throws ProviderError `expired`. */
function openToken({ sealingKey }: ReadingPorts, { id, provider, sealedToken }: KnownUser): string {
  const token = sealedToken && open(sealingKey, sealedToken, id)
  if (token) return token
  throw new ProviderError(provider, 'expired', 'no token that opens is kept')
}

/** @throws ProviderError. */
async function askProvider(
  { providers, needsOf }: ReadingPorts,
  { id, provider: name }: KnownUser,
  { token, keep }: { readonly token: string; readonly keep: KeepToken },
): Promise<UpstreamAnswer> {
  const provider = providers.get(name)
  if (provider?.kind !== 'redirect') {
    throw new ProviderError(name, 'misconfigured', 'nothing can be read from it any more')
  }
  const answer = await provider.read(token, needsOf(name), keep)
  if (toUser(name, answer.identity).id === id) return answer
  throw new ProviderError(name, 'invalid', 'it told of somebody else')
}

/** What we did not foresee is our fault: it costs nobody their login. */
function toProviderError(provider: string, thrown: unknown): ProviderError {
  if (thrown instanceof ProviderError) return thrown
  return new ProviderError(provider, 'unavailable', `unforeseen: ${traceOf(thrown)}`)
}

/** Nothing that no rule needs. */
export function keepNeeded(
  { sealingKey, needsOf }: ReadingPorts,
  user: User,
  upstreamToken: string | undefined,
): User & Pick<KnownUser, 'sealedToken'> {
  if (!arePerishable(needsOf(user.provider))) return withoutPerishable(user)
  const sealedToken =
    upstreamToken === undefined ? undefined : seal(sealingKey, upstreamToken, user.id)
  return { ...user, sealedToken }
}
