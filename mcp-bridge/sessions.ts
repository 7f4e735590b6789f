/**
 * Which sessions there are, whose they are, and when they end.
 *
 * A session is found only by its owner: same user, same client, same service. Anybody else gets the
 * very answer that an id which never existed gets. Where there are several bridge processes each bounds
 * what it has itself: a count of all would cost each `initialize` a question.
 */

import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { whatGivesWay } from './giving-way.ts'
import { RpcFault } from './json-rpc.ts'
import { GIVES_WAY_AFTER_MS } from './limits.ts'
import { RecordsAhead } from './records-ahead.ts'
import { type Seat, Seats } from './seats.ts'
import type { SessionRecords } from './store/sessions.ts'

export interface SessionOwner {
  readonly user: string
  readonly client: string
  readonly service: string
}

/** Who asks for a session, and under which grant. */
export interface SessionCaller extends SessionOwner {
  readonly grantId: string
}

/** Not the caller's, as far as this process knows; another one may have it. */
export class SessionNotHere extends RpcFault {
  readonly id: string

  constructor(id: string) {
    super(404, 'sessionNotFound', 'no such session: begin again with initialize')
    this.id = id
  }
}

export interface Session {
  readonly id: string
  readonly owner: SessionOwner
  readonly revision: string
  /** Whether a client waits on an open connection: such a session never idles out. */
  readonly isBusy: boolean
  /** The bridge's own, for clients without sessions: no client finds it, whatever id it names. */
  readonly isStanding?: true
  end(): void
}

/** One that a client can name. */
type Named<S> = Exclude<S, { readonly isStanding: true }>

interface Entry<S> {
  readonly session: S
  readonly seat: Seat
  /** Under which it was used last: a new login takes its sessions over. */
  grantId: string
  usedAt: number
  touchedAt: number
}

export interface SessionsOptions {
  readonly records: SessionRecords
  readonly timeoutMs: number
  /** Names this process in the records. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Log
}

/** Idle sessions are looked for so often; the records are prolonged as often at most. */
const CHECKS_PER_TIMEOUT = 4
const CHECK_MS_MAX = 30_000

export class Sessions<S extends Session> {
  readonly #options: SessionsOptions
  readonly #entries = new Map<string, Entry<S>>()
  readonly #ahead: RecordsAhead
  readonly #seats = new Seats({
    ofUser: (user) => this.giveWay(user),
    ofAnybody: (applicant) => this.#giveWayTo(applicant),
  })
  readonly #checkMs: number
  readonly #timer: NodeJS.Timeout

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#checkMs = Math.min(options.timeoutMs / CHECKS_PER_TIMEOUT, CHECK_MS_MAX)
    this.#ahead = new RecordsAhead({ ...options, validMs: this.#checkMs })
    this.#timer = setInterval(() => this.#endIdle(), this.#checkMs)
    this.#timer.unref()
  }

  /** How many there are that clients can name, by service. */
  countByService(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { session } of this.#entries.values()) {
      if (session.isStanding === true) continue
      const { service } = session.owner
      counts.set(service, (counts.get(service) ?? 0) + 1)
    }
    return counts
  }

  /** @throws RpcFault 429 or 503 when there is no place. */
  reserve({ user }: SessionOwner): Seat {
    return this.#seats.take(user)
  }

  /** A session is probably opened soon, with this revision; what ends instead leaves no record. */
  announce({ id, owner }: S, revision: string): void {
    this.#ahead.begin(id, { ...owner, revision, instance: this.#options.instance })
  }

  /** @throws RpcFault 503 when the record cannot be written. */
  async open(session: S, seat: Seat, grantId: string): Promise<void> {
    const { instance, clock } = this.#options
    const { id, owner, revision } = session
    let touchedAt: number
    try {
      touchedAt = await this.#ahead.complete(id, { ...owner, revision, instance })
    } catch (cause) {
      throw new RpcFault(503, 'refused', 'sessions cannot be opened now: try again later', {
        cause,
        headers: { 'retry-after': '5' },
      })
    }
    this.#entries.set(id, { session, seat, grantId, usedAt: clock(), touchedAt })
  }

  /**
   * The caller's session of this id; being asked for counts as use.
   * @throws RpcFault 400 without an id, SessionNotHere for one that is not the caller's.
   */
  find(id: string | undefined, caller: SessionCaller): Named<S> {
    if (id === undefined || id === '') {
      throw new RpcFault(400, 'refused', 'Mcp-Session-Id is missing: begin with initialize')
    }
    const entry = this.#entries.get(id)
    if (
      entry === undefined ||
      !isSameOwner(entry.session.owner, caller) ||
      !isNamed(entry.session)
    ) {
      throw new SessionNotHere(id)
    }
    entry.grantId = caller.grantId
    this.#use(entry)
    return entry.session
  }

  /** A standing one is asked for by the bridge. */
  use(id: string, { grantId }: SessionCaller): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.grantId = grantId
    this.#use(entry)
  }

  /**
   * The bridge process that has the caller's session; undefined when there is no such session.
   * @throws RpcFault 503 when the store does not tell.
   */
  async whereIs(id: string, caller: SessionOwner): Promise<string | undefined> {
    try {
      const record = await this.#options.records.find(id)
      return record !== undefined && isSameOwner(record, caller) ? record.instance : undefined
    } catch (cause) {
      throw new RpcFault(503, 'refused', 'sessions cannot be found now: try again later', {
        cause,
        headers: { 'retry-after': '5' },
      })
    }
  }

  /** Nobody has the session: its process is gone, or it has ended. */
  forget(id: string): void {
    this.#inBackground(this.#options.records.end(id))
  }

  /** Whether it is the caller's, and here; asking is no use. */
  has(id: string | undefined, caller: SessionCaller): boolean {
    const entry = this.#entries.get(id ?? '')
    return entry !== undefined && isSameOwner(entry.session.owner, caller) && isNamed(entry.session)
  }

  end(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      if (this.#ahead.drop(id)) this.forget(id)
      return
    }
    this.#entries.delete(id)
    entry.seat.release()
    entry.session.end()
    this.forget(id)
  }

  /** The user's session that was unused longest ends, if that was long enough. */
  giveWay(user: string, service?: string): void {
    const [oldest] = this.#unusedEntries()
      .filter(({ session }) => session.owner.user === user)
      .filter(({ session }) => service === undefined || session.owner.service === service)
      .sort((one, other) => one.usedAt - other.usedAt)
    if (oldest !== undefined) this.end(oldest.session.id)
  }

  /** Those that were unused for so long that they may have to give way, and since when. */
  unused(): ReadonlyMap<S, number> {
    return new Map(this.#unusedEntries().map(({ session, usedAt }) => [session, usedAt]))
  }

  /** Those of a service that was changed or taken out. */
  endOfService(service: string): void {
    this.endWhere((owner) => owner.service === service)
  }

  endWhere(isOver: (owner: SessionOwner, grantId: string) => boolean): void {
    for (const [id, { session, grantId }] of this.#entries) {
      if (isOver(session.owner, grantId)) this.end(id)
    }
  }

  /** Ends all of them; resolves when their records are gone. */
  async endAll(): Promise<void> {
    clearInterval(this.#timer)
    const ids = [...this.#entries.keys(), ...this.#ahead.ids]
    for (const { session } of this.#entries.values()) session.end()
    this.#entries.clear()
    await Promise.allSettled(ids.map((id) => this.#options.records.end(id)))
  }

  /** Of anybody, where there is no place for one more. */
  #giveWayTo(applicant: string): void {
    const unused = this.#unusedEntries().map(({ session: { id, owner }, usedAt }) => ({
      id,
      user: owner.user,
      usedAt,
    }))
    const ending = whatGivesWay(unused, (user) => this.#seats.of(user), applicant)
    if (ending !== undefined) this.end(ending.id)
  }

  #unusedEntries(): Entry<S>[] {
    const latest = this.#options.clock() - GIVES_WAY_AFTER_MS
    return [...this.#entries.values()].filter(
      ({ session, usedAt }) => usedAt <= latest && !session.isBusy,
    )
  }

  #use(entry: Entry<S>): void {
    const now = this.#options.clock()
    entry.usedAt = now
    if (now - entry.touchedAt < this.#checkMs) return
    entry.touchedAt = now
    const touch = async (): Promise<void> => {
      // A record that somebody removed ends the session: the store has the last word.
      if (!(await this.#options.records.touch(entry.session.id))) this.end(entry.session.id)
    }
    this.#inBackground(touch())
  }

  #endIdle(): void {
    const now = this.#options.clock()
    for (const entry of this.#entries.values()) {
      // A clock that was put back must not keep it from idling.
      entry.usedAt = Math.min(entry.usedAt, now)
      entry.touchedAt = Math.min(entry.touchedAt, now)
      if (entry.session.isBusy) this.#use(entry)
      else if (now - entry.usedAt >= this.#options.timeoutMs) this.end(entry.session.id)
    }
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'session record could not be written'),
    )
  }
}

export function isSameOwner(one: SessionOwner, other: SessionOwner): boolean {
  return one.user === other.user && one.client === other.client && one.service === other.service
}

function isNamed<S extends Session>(session: S): session is Named<S> & S {
  return session.isStanding !== true
}
