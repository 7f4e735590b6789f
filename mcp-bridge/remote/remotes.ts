/** The remote servers of all services: what everybody who uses one has in common, and a channel for each. */

import { isDeepStrictEqual } from 'node:util'
import type { RemoteLaunch, RemoteTransport } from '../../lib/catalogue/remote-launch.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { type Environment, readText } from '../../lib/platform/environment.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Resolve } from '../../lib/platform/outbound/resolve.ts'
import { KEEP_ALIVE_MS } from '../limits.ts'
import type { Era } from '../runner/servers.ts'
import type { Upstream, UpstreamEvents } from '../runner/upstream.ts'
import { Ticker } from '../ticker.ts'
import { AccessTokens } from './access-tokens.ts'
import { Circuit } from './circuit.ts'
import { Connections } from './connections.ts'
import { Inbox } from './inbox.ts'
import { probeRemote, type RemoteProbe } from './probe.ts'
import { planRemote } from './remote-plan.ts'
import { type RemotePlace, RemoteServer } from './remote-server.ts'
import { RemoteUpstream } from './remote-upstream.ts'
import { Room } from './room.ts'
import { openSession } from './session-transport.ts'
import { StreamableStateless } from './streamable-stateless.ts'

export interface RemotesOptions {
  /** For the secret of `oauth`. */
  readonly environment: Environment
  /** Where people enter what is theirs. */
  readonly accountPage: string
  readonly clock: Clock
  readonly log: Log
  /** In the place of DNS. */
  readonly resolve?: Resolve
  readonly beats?: Ticker
}

interface Place extends RemotePlace {
  readonly launch: RemoteLaunch
  readonly close: () => void
  /** Of sessions, once it is known. */
  transport: RemoteTransport | undefined
}

/** For whom a server is asked. */
export interface Asker {
  /** `sub` of the person; undefined for everybody. */
  readonly userId: string | undefined
  /** Replaces the templates of the service's texts; throws RangeError for one without a value. */
  readonly expand: (text: string) => string
}

export class Remotes {
  readonly #options: RemotesOptions
  readonly #beats: Ticker
  readonly #places = new Map<string, Place>()

  constructor(options: RemotesOptions) {
    this.#options = options
    this.#beats = options.beats ?? new Ticker(KEEP_ALIVE_MS)
  }

  /** @throws RpcFault for a header that cannot be sent. */
  open(service: Service, asker: Asker, era: Era, events: UpstreamEvents, log: Log): Upstream {
    const place = this.#placeOf(service)
    const { clock } = this.#options
    return new RemoteUpstream({
      server: this.#serverFor(service, asker, place),
      limits: service.limits,
      open: (ports) =>
        era === 'stateless' ? new StreamableStateless(ports) : openSession(place, ports),
      events,
      beats: this.#beats,
      clock,
      log,
    })
  }

  /**
   * What the service's server speaks.
   * @throws RpcFault when it could not be found out.
   */
  async probe(service: Service, asker: Asker): Promise<RemoteProbe> {
    const place = this.#placeOf(service)
    const { clock, log } = this.#options
    const ports = {
      server: this.#serverFor(service, asker, place),
      inbox: new Inbox(service.limits.messageBytes, clock),
      log: log.child({ service: service.name }),
    }
    const probe = await probeRemote(ports, place.launch.transport)
    place.transport = probe.transport
    return probe
  }

  /** By service: whether its server was reached when it was last tried; of those that somebody has used. */
  get reachability(): ReadonlyMap<string, boolean> {
    const places = [...this.#places]
    return new Map(places.map(([service, { circuit }]) => [service, circuit.isClosed]))
  }

  /** Of a service that is none of these any more, once nobody uses it. */
  forget(service: string): void {
    this.#places.get(service)?.close()
    this.#places.delete(service)
  }

  stop(): void {
    this.#beats.stop()
    for (const { close } of this.#places.values()) close()
    this.#places.clear()
  }

  #serverFor(service: Service, { userId = '', expand }: Asker, place: Place): RemoteServer {
    return new RemoteServer(place, planRemote(service, expand, userId), this.#options.accountPage)
  }

  #placeOf({ name, launch }: Service): Place {
    if (launch.kind !== 'remote') throw new TypeError(`${name} is no remote server`)
    const held = this.#places.get(name)
    if (held !== undefined && isDeepStrictEqual(held.launch, launch)) return held
    held?.close()
    const place = this.#createPlace(name, launch)
    this.#places.set(name, place)
    return place
  }

  #createPlace(name: string, launch: RemoteLaunch): Place {
    const { clock, log, resolve } = this.#options
    const { privateAddresses, oauth } = launch
    const url = new URL(launch.url)
    const connections = new Connections(url, { privateAddresses, resolve })
    const issuing = oauth && new Connections(new URL(oauth.tokenUrl), { privateAddresses, resolve })
    return {
      launch,
      url,
      connections,
      circuit: new Circuit(name, clock, log.child({ service: name })),
      tokens: oauth && issuing && this.#createTokens(name, oauth, issuing),
      room: new Room(name),
      transport: launch.transport,
      close: () => {
        connections.close()
        issuing?.close()
      },
    }
  }

  #createTokens(
    service: string,
    oauth: NonNullable<RemoteLaunch['oauth']>,
    connections: Connections,
  ): AccessTokens {
    const { environment, clock } = this.#options
    const clientSecret = (): string | undefined => readText(oauth.secretName, environment)
    return new AccessTokens({ service, oauth, clientSecret, connections, clock })
  }
}
