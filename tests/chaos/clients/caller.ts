/** A person with an official MCP client: calls tools of three services, each answer must be their own. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { FetchLike } from '../../support/socket-fetch.ts'
import type { PlannedOperation } from '../seeded/operations.ts'
import { type Conversation, converse, type Era, type Told } from './conversation.ts'
import { Member } from './member.ts'
import { timedFetch } from './patience.ts'
import type { Worker, Workplace } from './work.ts'

export const SERVICES = ['echo', 'shared', 'mine'] as const
export type ServiceName = (typeof SERVICES)[number]

export const CALLER_WEIGHTS = {
  echo: 6,
  whoami: 3,
  shared: 6,
  'shared, several at once': 2,
  mine: 5,
  refresh: 3,
  reconnect: 1,
  leave: 1,
  'revoke token': 1,
  'revoke grant': 1,
}
export type CallerOperation = keyof typeof CALLER_WEIGHTS

/** What a caller might try: none of it may change who they are. */
const FORGED = { 'x-user-id': 'dev:root', 'x-user-name': 'root', 'x-auth-scopes': 'mcp admin' }

interface Seat {
  readonly member: Member
  readonly endpoint: string
  /** Several calls at once wait for the same one. */
  conversation: Promise<Conversation> | undefined
  sessionId: string | undefined
}

export interface OpenSession {
  readonly endpoint: string
  readonly sessionId: string
  readonly person: string
}

export class Caller implements Worker<CallerOperation> {
  readonly name: string
  readonly weights = CALLER_WEIGHTS
  readonly members: readonly Member[]
  readonly #era: Era
  readonly #place: Workplace
  readonly #seats: Readonly<Record<ServiceName, Seat>>

  constructor(name: string, era: Era, place: Workplace) {
    this.name = name
    this.#era = era
    this.#place = place
    const { issuer, ledger } = place
    const toSeat = (service: ServiceName): Seat => ({
      member: new Member(name, issuer, ledger),
      endpoint: `${issuer}/${service}/mcp`,
      conversation: undefined,
      sessionId: undefined,
    })
    this.#seats = { echo: toSeat('echo'), shared: toSeat('shared'), mine: toSeat('mine') }
    this.members = Object.values(this.#seats).map(({ member }) => member)
  }

  async perform({ name, number, random }: PlannedOperation<CallerOperation>): Promise<void> {
    const mark = (part: number | string = ''): string => `${this.name}#${number}${part}`
    const service = random.pick(SERVICES)
    const ms = random.below(40)
    switch (name) {
      case 'echo':
        return await this.#says('echo', { message: mark() }, mark())
      case 'whoami':
        return await this.#isThemselves()
      case 'shared':
        return await this.#says('shared', { text: mark(), ms }, mark())
      case 'shared, several at once':
        await Promise.all(
          [40, 20, 0].map((wait) =>
            this.#says('shared', { text: mark(`-${wait}`), ms: wait }, mark(`-${wait}`)),
          ),
        )
        return
      case 'mine':
        return await this.#remembers(mark())
      case 'refresh': {
        const { member } = this.#seats[service]
        if (member.held !== undefined) await member.refresh(member.held)
        return
      }
      case 'reconnect':
        return await this.#leave(this.#seats[service])
      case 'leave':
        return await this.#leavesInTheMiddle(mark(), ms)
      case 'revoke token':
        return await this.#revokes(this.#seats[service], 'token')
      case 'revoke grant':
        return await this.#revokes(this.#seats[service], 'grant')
    }
  }

  async leave(): Promise<void> {
    await Promise.all(Object.values(this.#seats).map((seat) => this.#leave(seat)))
  }

  sessions(): OpenSession[] {
    return Object.values(this.#seats).flatMap(({ endpoint, sessionId }) =>
      sessionId === undefined ? [] : [{ endpoint, sessionId, person: this.name }],
    )
  }

  async #says(service: ServiceName, args: Record<string, unknown>, mark: string): Promise<void> {
    const { text, progress } = await this.#call(service, 'echo', args)
    this.#place.ledger.told(
      this.name,
      [text, ...progress].join(' | '),
      [text, ...progress].every((one) => one === mark),
    )
  }

  async #isThemselves(): Promise<void> {
    const { facts } = await this.#call('echo', 'whoami', {})
    this.#place.ledger.told(
      this.name,
      String(facts['userId']),
      facts['userId'] === `dev:${this.name}`,
    )
  }

  /** Whatever the process of this person was told, this person told it. */
  async #remembers(mark: string): Promise<void> {
    const { text } = await this.#call('mine', 'remember', { text: mark })
    const lines = text.split('\n')
    const isOwn = lines.at(-1) === mark && lines.every((line) => line.startsWith(`${this.name}#`))
    this.#place.ledger.told(this.name, text, isOwn)
  }

  /** Nobody waits for the answer: nobody else may get it either. */
  async #leavesInTheMiddle(mark: string, afterMs: number): Promise<void> {
    const seat = this.#seats.shared
    const calling = this.#says('shared', { text: mark, ms: 60 }, mark).catch(() => {})
    await sleep(afterMs)
    await this.#leave(seat)
    await calling
  }

  async #revokes(seat: Seat, kind: 'token' | 'grant'): Promise<void> {
    const { member } = seat
    if (member.held === undefined) return
    await member.revoke(member.held, kind)
    if (member.held === undefined) await member.logIn(seat.endpoint)
    else await member.refresh(member.held)
  }

  async #call(service: ServiceName, tool: string, args: Record<string, unknown>): Promise<Told> {
    const seat = this.#seats[service]
    try {
      const conversation = await this.#sit(seat)
      await seat.member.keepFresh()
      return await conversation.call(tool, args)
    } catch (error) {
      // Whatever it was: a client begins anew.
      await this.#leave(seat)
      throw error
    }
  }

  #sit(seat: Seat): Promise<Conversation> {
    seat.conversation ??= this.#open(seat)
    return seat.conversation
  }

  async #open(seat: Seat): Promise<Conversation> {
    const { member, endpoint } = seat
    if (member.held === undefined) await member.logIn(endpoint)
    const conversation = await converse(this.#era, endpoint, this.#watched(seat))
    seat.sessionId = conversation.sessionId
    return conversation
  }

  async #leave(seat: Seat): Promise<void> {
    const { conversation } = seat
    seat.conversation = undefined
    seat.sessionId = undefined
    await conversation?.then((one) => one.close()).catch(() => {})
  }

  /** Carries the token of the moment, and tells the ledger what that met. */
  #watched({ member, endpoint }: Seat): FetchLike {
    const { ledger } = this.#place
    return async (url, init = {}) => {
      const accessToken = member.held?.accessToken ?? 'none'
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${accessToken}`)
      for (const [name, value] of Object.entries(FORGED)) headers.set(name, value)
      const sentAt = ledger.clock()
      // A stream that is listened to may be silent for long.
      const send = init.method === 'GET' || init.method === undefined ? fetch : timedFetch
      const answer = await send(url, { ...init, headers })
      ledger.knocked({ accessToken, endpoint, sentAt, status: answer.status })
      return answer
    }
  }
}
