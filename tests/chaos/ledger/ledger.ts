/**
 * What the gateway has acknowledged, and whether everything it answers since agrees with that.
 *
 * Nothing in here asks anybody: it is told, and whoever tells it something impossible gets a violation.
 */

import { decodeJwt } from 'jose'
import { type Answer, ExchangeLedger } from './exchanges.ts'
import {
  RevocationLedger,
  type RevokedKind,
  type Standing,
  type TokenNames,
} from './revocations.ts'
import type { Invariant, Report, Violation } from './violation.ts'

export interface Registration {
  readonly clientId: string
  readonly secret: string
  readonly managementToken: string
}

/** A consent that is remembered: only one for a client on the web ever is. */
export interface Consent {
  readonly person: string
  readonly clientId: string
  readonly redirectUri: string
  readonly resource: string
  readonly acknowledgedAt: number
}

/** An access token as it was issued. */
export interface Issued extends TokenNames {
  readonly accessToken: string
  readonly resource: string
  readonly client: string
}

/** What came back for a request with a token. */
export interface Knock {
  readonly accessToken: string
  readonly endpoint: string
  readonly sentAt: number
  readonly status: number
}

/** Said by what is behind the edge alone: whoever hears it has been let in. */
const BEHIND_THE_EDGE: ReadonlySet<number> = new Set([400, 404, 405, 406, 415])

/** Of the same violation nobody reads more. */
const VIOLATIONS_EACH = 20

export class Ledger {
  readonly clock: () => number
  readonly revocations = new RevocationLedger()
  readonly violations: Violation[] = []
  readonly exchanges: ExchangeLedger
  readonly registrations = new Map<string, Registration>()
  readonly consents: Consent[] = []
  /** By the token itself. */
  readonly issued = new Map<string, Issued>()
  /** The same, in the order in which they came. */
  readonly tokens: Issued[] = []
  /** How often what was acknowledged, for the reader. */
  readonly counts = new Map<string, number>()
  readonly interruptions = new Map<string, number>()

  /** @param clock milliseconds since the run began. */
  constructor(clock: () => number) {
    this.clock = clock
    this.exchanges = new ExchangeLedger(this.report)
  }

  readonly report: Report = (invariant: Invariant, words: string) => {
    const known = this.violations.filter((one) => one.invariant === invariant)
    if (known.length >= VIOLATIONS_EACH) return
    this.violations.push({ invariant, atMs: Math.round(this.clock()), words })
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** What kept a client from its end, by how often: no violation, but somebody may want to know. */
  interrupted(words: string): void {
    const short = words.replaceAll(/person-\d+|#|\d+/g, '…').slice(0, 140)
    this.interruptions.set(short, (this.interruptions.get(short) ?? 0) + 1)
  }

  registered(registration: Registration): void {
    this.registrations.set(registration.clientId, registration)
    this.count('registrations')
  }

  /** @param grantedAt when the grant was certainly made: when its code had come. */
  accessIssued(accessToken: string, grantedAt: number): Issued {
    const { jti, grant_id, client_id, sub, aud, exp } = decodeJwt(accessToken)
    const issued = {
      accessToken,
      token: String(jti),
      grant: String(grant_id),
      client: String(client_id),
      user: String(sub),
      resource: String(aud),
      grantedAt,
      expiresAt: this.clock() + (exp ?? Infinity) * 1000 - Date.now(),
    }
    if (!this.issued.has(accessToken)) this.tokens.push(issued)
    this.issued.set(accessToken, issued)
    this.count('access tokens')
    return issued
  }

  codeRedeemed(code: string, answer: Answer): void {
    this.exchanges.redeemed(code, answer)
    this.count('codes redeemed')
  }

  refreshed(presented: string, answer: Answer, sentAt: number): void {
    this.exchanges.rotated(presented, answer, sentAt, this.clock())
    this.count('refreshes')
  }

  /** @returns what to call once it is acknowledged. */
  revoking(kind: RevokedKind, name: string): () => void {
    const acknowledge = this.revocations.begin(kind, name, this.clock())
    return () => {
      acknowledge(this.clock())
      this.count(`revocations of a ${kind}`)
    }
  }

  consented(consent: Omit<Consent, 'acknowledgedAt'>): void {
    this.consents.push({ ...consent, acknowledgedAt: this.clock() })
    this.count('consents')
  }

  standingOf(accessToken: string, at: number): Standing {
    const issued = this.issued.get(accessToken)
    return issued === undefined ? 'revoked' : this.revocations.standingOf(issued, at)
  }

  /** As `standingOf`, of the grant that it was issued under. */
  grantStandingOf(accessToken: string, at: number): Standing {
    const issued = this.issued.get(accessToken)
    if (issued === undefined) return 'revoked'
    return this.revocations.standingOf({ ...issued, token: '', expiresAt: Infinity }, at)
  }

  /** An answer of the edge, or of what is behind it, to a request with this token. */
  knocked({ accessToken, endpoint, sentAt, status }: Knock): void {
    this.count(`answers ${status}`)
    const isIn = status < 400 || BEHIND_THE_EDGE.has(status)
    const issued = this.issued.get(accessToken)
    if (issued === undefined || issued.resource !== endpoint) {
      const what = issued === undefined ? 'a token of nobody' : `a token for ${issued.resource}`
      if (isIn) this.report('foreign-accepted', `${what} met ${status} at ${endpoint}`)
      return
    }
    const standing = this.revocations.standingOf(issued, sentAt)
    if (standing === 'revoked' && isIn) {
      this.report('revoked-accepted', `${status} for token ${issued.token} of ${issued.user}`)
    }
    if (status === 401 && this.revocations.standingOf(issued, this.clock()) === 'good') {
      this.report('good-refused', `401 for token ${issued.token} of ${issued.user}`)
    }
  }

  /** What came back for a message: `isOwn` decides whether all of it is the asker's. */
  told(person: string, got: string, isOwn: boolean): void {
    this.count('messages')
    if (!isOwn) this.report('message-foreign', `${person} was told ${got.slice(0, 200)}`)
  }
}
