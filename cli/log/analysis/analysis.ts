/** What a log tells as a whole: read once, record by record, in memory that does not grow with it. */

import { roomOf } from '../../instance/part-names.ts'
import type { LogRecord } from '../log-record.ts'
import { type AccessFacts, accessOf, type ExchangeFacts, exchangeOf } from '../record-facts.ts'
import { Durations } from './durations.ts'
import { toHints } from './hints.ts'
import { loginEventOf } from './login-events.ts'
import { type Ranked, Ranking } from './ranking.ts'

export interface ToolFigures {
  readonly service: string
  readonly tool: string
  readonly calls: number
  readonly p50_ms: number
  readonly p95_ms: number
  readonly max_ms: number
}

export interface Refusal {
  /** A client's id; of one that cannot be known its address. */
  readonly who: string
  readonly reason: string
  readonly service: string
  readonly count: number
}

/** The wire shape of `gateway logs analyze --json`. Times are ISO 8601, null where there was no record. */
export interface Analysis {
  readonly from: string | null
  readonly to: string | null
  readonly records: number
  readonly requests: number
  readonly by_status: readonly Ranked[]
  readonly users: readonly Ranked[]
  readonly clients: readonly Ranked[]
  readonly services: readonly Ranked[]
  readonly methods: readonly Ranked[]
  /** The slowest first. */
  readonly tools: readonly ToolFigures[]
  readonly refusals: readonly Ranked[]
  readonly refused: readonly Refusal[]
  readonly logins: readonly Ranked[]
  readonly server_errors: readonly Ranked[]
  /** Warnings and errors by part and cause. */
  readonly errors: readonly Ranked[]
  readonly hints: readonly string[]
}

/** Of each list. */
const TOP = 10
const TOOLS_MAX = 1000
const BEYOND = 'others'

export class Analyzer {
  #from: string | undefined
  #to: string | undefined
  #records = 0
  #requests = 0
  readonly #statuses = new Ranking()
  readonly #users = new Ranking()
  readonly #clients = new Ranking()
  readonly #services = new Ranking()
  readonly #methods = new Ranking()
  readonly #tools = new Map<string, Durations>()
  readonly #reasons = new Ranking()
  readonly #refused = new Ranking()
  readonly #logins = new Ranking()
  readonly #serverErrors = new Ranking()
  readonly #errors = new Ranking()

  add(record: LogRecord): void {
    this.#records += 1
    if (this.#from === undefined || record.time < this.#from) this.#from = record.time
    if (this.#to === undefined || record.time > this.#to) this.#to = record.time
    const access = accessOf(record)
    const exchange = access === undefined ? exchangeOf(record) : undefined
    if (access !== undefined) this.#addAccess(access)
    else if (exchange !== undefined) this.#addExchange(exchange)
    else this.#addEvent(record)
  }

  result(): Analysis {
    const figures = {
      from: this.#from ?? null,
      to: this.#to ?? null,
      records: this.#records,
      requests: this.#requests,
      by_status: this.#statuses.top(TOP),
      users: this.#users.top(TOP),
      clients: this.#clients.top(TOP),
      services: this.#services.top(TOP),
      methods: this.#methods.top(TOP),
      tools: this.#slowest(),
      refusals: this.#reasons.top(TOP),
      refused: this.#refused.top(TOP).map(toRefusal),
      logins: this.#logins.top(TOP),
      server_errors: this.#serverErrors.top(TOP),
      errors: this.#errors.top(TOP),
    }
    return { ...figures, hints: toHints(figures) }
  }

  #addAccess(access: AccessFacts): void {
    const { status, reason, service, path, details } = access
    this.#requests += 1
    this.#statuses.add(String(status))
    this.#services.add(service)
    this.#users.add(access.user)
    this.#clients.add(access.client)
    if (reason !== undefined) {
      this.#reasons.add(reason)
      const who = access.client ?? access.address ?? '-'
      this.#refused.add([who, reason, service ?? '-'].join(SEPARATOR))
    }
    if (status >= 500) this.#serverErrors.add(`${status} ${service ?? path}: ${details ?? '-'}`)
  }

  #addExchange({ method, tool, service, tookMs }: ExchangeFacts): void {
    this.#methods.add(method)
    if (tool === undefined) return
    const key = `${service ?? '-'}${SEPARATOR}${tool}`
    const isKnown = this.#tools.has(key) || this.#tools.size < TOOLS_MAX
    const known = isKnown ? key : `${BEYOND}${SEPARATOR}${BEYOND}`
    const durations = this.#tools.get(known) ?? new Durations()
    this.#tools.set(known, durations)
    durations.add(tookMs)
  }

  #addEvent(record: LogRecord): void {
    this.#logins.add(loginEventOf(record))
    if (record.level !== 'warn' && record.level !== 'error') return
    const { service } = record.fields
    const of = typeof service === 'string' ? ` (${service})` : ''
    this.#errors.add(`${roomOf(record.name)}: ${record.msg}${of}`)
  }

  #slowest(): ToolFigures[] {
    return [...this.#tools]
      .map(([key, durations]) => {
        const [service = '', tool = ''] = key.split(SEPARATOR)
        const [p50, p95] = [durations.quantile(0.5), durations.quantile(0.95)]
        return {
          ...{ service, tool, calls: durations.count },
          ...{ p50_ms: rounded(p50), p95_ms: rounded(p95), max_ms: rounded(durations.maxMs) },
        }
      })
      .toSorted((a, b) => b.p95_ms - a.p95_ms)
      .slice(0, TOP)
  }
}

/** In no name. */
const SEPARATOR = '\0'

function toRefusal({ name, count }: Ranked): Refusal {
  const [who = '', reason = '', service = ''] = name.split(SEPARATOR)
  return { who, reason, service, count }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
