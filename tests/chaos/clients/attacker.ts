/** Somebody who has got hold of everybody's tokens, and has an account too. */

import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import type { PlannedOperation } from '../seeded/operations.ts'
import type { Random } from '../seeded/random.ts'
import type { Caller } from './caller.ts'
import { Member } from './member.ts'
import { knock } from './raw-call.ts'
import type { Worker, Workplace } from './work.ts'

export const ATTACKER_WEIGHTS = {
  'revoked token': 8,
  'token of another endpoint': 4,
  'forged token': 3,
  'refresh token of another client': 3,
  'session of somebody else': 4,
}
export type AttackerOperation = keyof typeof ATTACKER_WEIGHTS

const { privateKey } = await generateKeyPair('ES256')
const TRIES = 30

export class Attacker implements Worker<AttackerOperation> {
  readonly name: string
  readonly weights = ATTACKER_WEIGHTS
  readonly #place: Workplace
  readonly #victims: readonly Caller[]
  readonly #member: Member

  constructor(name: string, place: Workplace, victims: readonly Caller[]) {
    this.name = name
    this.#place = place
    this.#victims = victims
    this.#member = new Member(name, place.issuer, place.ledger)
  }

  async perform({ name, random }: PlannedOperation<AttackerOperation>): Promise<void> {
    switch (name) {
      case 'revoked token':
        return await this.#useRevoked(random)
      case 'token of another endpoint':
        return await this.#useElsewhere(random)
      case 'forged token':
        return await this.#forge(random)
      case 'refresh token of another client':
        return await this.#refreshForeign(random)
      case 'session of somebody else':
        return await this.#enterSession(random)
    }
  }

  leave(): Promise<void> {
    return Promise.resolve()
  }

  async #useRevoked(random: Random): Promise<void> {
    const { ledger } = this.#place
    const { tokens } = ledger
    for (let attempt = 0; attempt < TRIES && tokens.length > 0; attempt += 1) {
      const { accessToken, resource } = random.pick(tokens)
      if (ledger.standingOf(accessToken, ledger.clock()) !== 'revoked') continue
      await knock(ledger, { accessToken, endpoint: resource, text: 'stolen' })
      ledger.count('attacks with a revoked token')
      return
    }
  }

  async #useElsewhere(random: Random): Promise<void> {
    const { ledger, issuer } = this.#place
    const { tokens } = ledger
    if (tokens.length === 0) return
    const { accessToken, resource } = random.pick(tokens)
    const others = ['echo', 'shared', 'mine'].map((service) => `${issuer}/${service}/mcp`)
    const endpoint = random.pick(others.filter((other) => other !== resource))
    await knock(ledger, { accessToken, endpoint, text: 'elsewhere' })
    ledger.count('attacks with a token of another endpoint')
  }

  /** A good token's claims and key id, signed by somebody else, or not at all. */
  async #forge(random: Random): Promise<void> {
    const { ledger } = this.#place
    const { tokens } = ledger
    if (tokens.length === 0) return
    const { accessToken, resource } = random.pick(tokens)
    const [head = '', body = '', signature = ''] = accessToken.split('.')
    const encode = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const header = decodeProtectedHeader(accessToken)
    const root = { ...decodeJwt(accessToken), sub: 'dev:root' }
    const forged = random.pick([
      await new SignJWT(root).setProtectedHeader({ ...header, alg: 'ES256' }).sign(privateKey),
      `${head}.${encode(root)}.${signature}`,
      `${encode({ ...header, alg: 'none' })}.${body}.`,
    ])
    await knock(ledger, { accessToken: forged, endpoint: resource, text: 'forged' })
    ledger.count('attacks with a forged token')
  }

  /** Refused, and it harms nobody: its owner refreshes on. */
  async #refreshForeign(random: Random): Promise<void> {
    const { ledger } = this.#place
    const member = this.#member
    if (member.registered === undefined) await member.register()
    const held = random.pick(random.pick(this.#victims).members).held
    if (held === undefined) return
    const fields = member.refreshing(held.refreshToken)
    const answer = await member.exchange(fields).catch(() => undefined)
    if (answer?.status === 200) {
      ledger.report('foreign-accepted', 'a refresh token was redeemed by another client')
    }
    ledger.count('attacks with a refresh token of another client')
  }

  /** With a good token of one's own, and the session id of another person. */
  async #enterSession(random: Random): Promise<void> {
    const { ledger } = this.#place
    const member = this.#member
    const sessions = this.#victims.flatMap((victim) => victim.sessions())
    if (sessions.length === 0) return
    const { endpoint, sessionId, person } = random.pick(sessions)
    const { accessToken } = await member.logIn(endpoint)
    const met = await knock(ledger, { endpoint, accessToken, text: 'entered', sessionId })
    if (met?.told !== undefined) {
      ledger.report('message-foreign', `${this.name} called within the session of ${person}`)
    }
    ledger.count('attacks on a session')
  }
}
