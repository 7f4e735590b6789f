/** A person whose client tries the authorization server in every way, and calls now and then. */

import type { GatewayCommand } from '../../support/gateway-command.ts'
import type { PlannedOperation } from '../seeded/operations.ts'
import { exchangeCodeTwice, refreshTwice } from './at-once.ts'
import { introspect } from './introspect.ts'
import { cutShort, type Held, Member } from './member.ts'
import { untilDecided } from './patience.ts'
import { knock } from './raw-call.ts'
import type { Worker, Workplace } from './work.ts'

export const AUTHORIZATION_WEIGHTS = {
  call: 6,
  login: 3,
  refresh: 5,
  'refresh, cut short': 4,
  'refresh, twice at once': 3,
  'refresh, long spent': 1,
  'code, twice at once': 2,
  introspect: 3,
  'revoke token': 3,
  'revoke grant': 3,
  'revoke user': 1,
  register: 2,
  'delete registration': 1,
}
export type AuthorizationOperation = keyof typeof AUTHORIZATION_WEIGHTS

/** Far beyond the grace, whatever the store's clock was put to. */
const LONG_SPENT_MS = 60_000

export class AuthorizationWorker implements Worker<AuthorizationOperation> {
  readonly name: string
  readonly weights = AUTHORIZATION_WEIGHTS
  readonly member: Member
  readonly #place: Workplace
  readonly #endpoint: string
  readonly #command: GatewayCommand

  constructor(name: string, place: Workplace, command: GatewayCommand) {
    this.name = name
    this.#place = place
    this.#endpoint = `${place.issuer}/echo/mcp`
    this.#command = command
    this.member = new Member(name, place.issuer, place.ledger)
  }

  async perform(operation: PlannedOperation<AuthorizationOperation>): Promise<void> {
    const { member } = this
    await member.keepFresh()
    const held = member.held ?? (await member.logIn(this.#endpoint))
    await this.#perform(operation, held)
  }

  leave(): Promise<void> {
    return Promise.resolve()
  }

  async #perform(
    { name, number, random }: PlannedOperation<AuthorizationOperation>,
    held: Held,
  ): Promise<void> {
    const { member } = this
    switch (name) {
      case 'call':
        return await this.#call(held, `${this.name}#${number}`)
      case 'login':
        await member.logIn(this.#endpoint)
        return
      case 'refresh':
        await member.refresh(held)
        return
      case 'refresh, cut short':
        return await this.#refreshCutShort(held, random.between(0, 25))
      case 'refresh, twice at once':
        return await refreshTwice(member, held)
      case 'refresh, long spent':
        return await this.#presentLongSpent(held)
      case 'code, twice at once':
        return await exchangeCodeTwice(member, this.#endpoint)
      case 'introspect':
        return await introspect(member, held.accessToken)
      case 'revoke token':
        await member.revoke(held, 'token')
        return
      case 'revoke grant':
        return await member.revoke(held, 'grant')
      case 'revoke user':
        return await this.#revokeUser()
      case 'register':
        // Another client of the same person; what the one before was granted stays.
        member.held = undefined
        await member.register()
        return
      case 'delete registration':
        return await member.deleteRegistration()
    }
  }

  async #call({ accessToken }: Held, text: string): Promise<void> {
    const { ledger } = this.#place
    const met = await knock(ledger, { endpoint: this.#endpoint, accessToken, text })
    if (met?.told !== undefined) ledger.told(this.name, met.told, met.told === text)
    // What was revoked alone is followed by another of the same grant.
    const { member } = this
    if (met?.status === 401 && member.held !== undefined) await member.refresh(member.held)
  }

  /** Whatever became of the first request: the second one has its answer. */
  async #refreshCutShort(held: Held, afterMs: number): Promise<void> {
    const { member } = this
    const firstAt = member.clock()
    const fields = member.refreshing(held.refreshToken)
    const answer = await cutShort((signal) => member.exchange(fields, signal), afterMs)
    if (answer?.status === 200) member.keepRotation(held, answer, firstAt)
    else await member.refresh(held, firstAt)
  }

  /** Somebody has stolen it: nobody is to have the grant. */
  async #presentLongSpent(held: Held): Promise<void> {
    const { member } = this
    const { ledger } = this.#place
    const old = member.spent.find(
      ({ at, grant }) =>
        grant === ledger.issued.get(held.accessToken)?.grant && member.clock() - at > LONG_SPENT_MS,
    )
    if (old === undefined) return
    const acknowledge = ledger.revoking('grant', old.grant)
    member.held = undefined
    const { answer, sentAt } = await member.token(member.refreshing(old.token))
    if (answer.status === 200)
      member.keepRotation({ ...held, refreshToken: old.token }, answer, sentAt)
    else acknowledge()
  }

  /** As an operator does it, until it is done. */
  async #revokeUser(): Promise<void> {
    const { member } = this
    const acknowledge = this.#place.ledger.revoking('user', member.user)
    member.forgetBrowser()
    await untilDecided(async () => {
      const { exitCode, stdout, stderr } = await this.#command([
        ...['users', 'revoke', member.user, '--yes', '--json'],
      ])
      const status = exitCode === 0 ? 200 : 503
      return { status, headers: new Headers(), text: stdout + stderr, json: () => ({}) }
    }, member.clock)
    acknowledge()
  }
}
