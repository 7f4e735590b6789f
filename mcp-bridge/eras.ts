/**
 * Which era of the protocol is spoken with a service's servers, for a client of either.
 *
 * What a server knows is learnt once and kept. That it knows sessions is believed until it refuses one, so
 * that nobody waits for the question; whether it answers without them is asked of a process that speaks to
 * such clients only: one that has answered `server/discover` refuses `initialize`.
 * Where a process is one person's, it probably keeps something, and there must not be two: then sessions are
 * spoken with every server that knows them, and a client without them is translated.
 */

import type { Service } from '../lib/catalogue/service.ts'
import { isObject } from '../lib/platform/json.ts'
import type { Log } from '../lib/platform/log.ts'
import { CODES } from './json-rpc.ts'
import type { Era } from './runner/servers.ts'
import { type EraRecords, eraKeyOf, type KnownEras } from './store/eras.ts'

export interface ErasOptions {
  readonly records: EraRecords
  readonly log: Log
}

/** Whether the service's server answers without sessions; throws when that could not be found out. */
export type Probe = () => Promise<boolean>

/** Of services as they were started at some time. */
const KEPT_MAX = 1024

export class Eras {
  readonly #options: ErasOptions
  readonly #known = new Map<string, KnownEras>()
  readonly #probing = new Map<string, Promise<boolean>>()

  constructor(options: ErasOptions) {
    this.#options = options
  }

  /**
   * Which era the server speaks with a client of this one.
   * @throws whatever kept the probe from being made.
   */
  async of(service: Service, client: Era, probe: Probe): Promise<Era> {
    const { sessions, stateless } = await this.#read(service)
    if (client === 'sessions') return sessions === false ? 'stateless' : 'sessions'
    if (service.isolation === 'user' && sessions !== false) return 'sessions'
    if (stateless !== undefined) return stateless ? 'stateless' : 'sessions'
    return (await this.#ask(service, probe)) ? 'stateless' : 'sessions'
  }

  /**
   * A server has refused `initialize`: whether it is one that knows no sessions. One that has had some may have
   * been renewed in place; it is asked again if its `error` says that there is no such thing.
   * @throws whatever kept the probe from being made.
   */
  async hasNoSessions(service: Service, error: unknown, probe: Probe): Promise<boolean> {
    const { sessions, stateless } = await this.#read(service)
    const isRenewed = sessions === true && deniesSessions(error)
    if (sessions === true && !isRenewed) return false
    const known = isRenewed ? undefined : stateless
    const isStateless = known ?? (await this.#ask(service, probe))
    if (isStateless) this.#note(service, 'sessions', false)
    return isStateless
  }

  /** A server has agreed to a session. */
  hasSessions(service: Service): void {
    const known = this.#known.get(eraKeyOf(service))
    if (known !== undefined && known.sessions !== true) this.#note(service, 'sessions', true)
  }

  /** Who could not ask may be the only one: for want of what is theirs, or of a place. That is nobody else's answer. */
  async #ask(service: Service, probe: Probe): Promise<boolean> {
    const key = eraKeyOf(service)
    const asked = this.#probing.get(key)
    const told = asked && (await asked.catch(() => undefined))
    if (told !== undefined) return told
    const asking = probe().finally(() => {
      if (this.#probing.get(key) === asking) this.#probing.delete(key)
    })
    this.#probing.set(key, asking)
    const isStateless = await asking
    this.#note(service, 'stateless', isStateless)
    return isStateless
  }

  async #read(service: Service): Promise<KnownEras> {
    const key = eraKeyOf(service)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    try {
      const stored = await this.#options.records.read(service)
      this.#keep(key, { ...stored, ...this.#known.get(key) })
    } catch (error) {
      this.#options.log.warn({ err: error, service: service.name }, 'eras could not be read')
      return {}
    }
    return this.#known.get(key) ?? {}
  }

  #note(service: Service, era: Era, isKnown: boolean): void {
    const key = eraKeyOf(service)
    this.#keep(key, { ...this.#known.get(key), [era]: isKnown })
    this.#options.records.note(service, era, isKnown).catch((error: unknown) => {
      this.#options.log.warn({ err: error, service: service.name }, 'eras could not be kept')
    })
  }

  #keep(key: string, known: KnownEras): void {
    this.#known.delete(key)
    this.#known.set(key, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > KEPT_MAX && oldest !== undefined) this.#known.delete(oldest)
  }
}

const DENYING: readonly unknown[] = [CODES.unsupportedVersion, CODES.methodNotFound]

/** In words that only a server without sessions has for `initialize`. */
function deniesSessions(error: unknown): boolean {
  return isObject(error) && DENYING.includes(error['code'])
}
