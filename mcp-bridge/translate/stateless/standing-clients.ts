/**
 * The standing clients: one for each person, client, service and set of what the client can do, started when the
 * first of its requests comes.
 *
 * Each counts as a session of its person, with the same bounds and endings. No client can name it, but another
 * bridge process finds it in the records, so that all requests come to the same one.
 */

import { digest } from '../../../lib/platform/seal.ts'
import type { Bridge } from '../../bridge.ts'
import { callerOf, type Exchange, ownerOf } from '../../exchange.ts'
import { RpcFault, serialize } from '../../json-rpc.ts'
import { OwnedElsewhere } from '../../leases.ts'
import type { StatelessRequest } from '../../stateless/envelope.ts'
import type { Ticker } from '../../ticker.ts'
import { assertDeclared } from '../sessions/session-client.ts'
import { Rounds } from './rounds.ts'
import type { StandingCall } from './standing-call.ts'
import { StandingClient, type StandingClientOptions } from './standing-client.ts'

/** What is needed of the bridge. */
export type StandingPorts = Pick<Bridge, 'sessions' | 'runner' | 'peers' | 'eras'>

/** One on its way. */
interface Coming {
  /** The request that it is started for. */
  readonly exchange: Exchange
  readonly begun: Promise<StandingClient>
  /** Once there is something to be ended. */
  client?: StandingClient
}

export class StandingClients {
  readonly rounds: Rounds<StandingCall>
  readonly #seconds: Ticker
  readonly #clients = new Map<string, StandingClient>()
  readonly #coming = new Map<string, Coming>()

  /** `seconds` beats once a second; `instance` is this bridge process. */
  constructor(seconds: Ticker, instance: string) {
    this.#seconds = seconds
    this.rounds = new Rounds(seconds, instance)
  }

  /**
   * The one for a request.
   * @throws OwnedElsewhere when it is another bridge's.
   * @throws RpcFault when it cannot be started now.
   */
  async of(
    ports: StandingPorts,
    exchange: Exchange,
    stateless: StatelessRequest,
  ): Promise<StandingClient> {
    const id = idOf(exchange, stateless)
    for (;;) {
      const known = this.#clients.get(id)
      if (known?.isOfUse) {
        ports.sessions.use(id, callerOf(exchange))
        return known
      }
      // Its process is ending: the next one waits for that.
      known?.end()
      const coming = this.#coming.get(id)
      if (coming === undefined) return await this.#come(ports, exchange, stateless, id)
      try {
        return await coming.begun
      } catch (error) {
        // Whoever it was started for may no longer; that says nothing about others.
        if (coming.exchange.admission.withdrawal === undefined) throw error
      }
    }
  }

  /** Whoever made this request may no longer: what is started for it alone ends. */
  abandon(exchange: Exchange): void {
    for (const { exchange: own, client } of this.#coming.values()) {
      // Before it has a process it ends as soon as it gets one.
      if (own === exchange && client?.process !== undefined) client.end()
    }
  }

  async #come(
    ports: StandingPorts,
    exchange: Exchange,
    stateless: StatelessRequest,
    id: string,
  ): Promise<StandingClient> {
    const { promise: begun, resolve, reject } = Promise.withResolvers<StandingClient>()
    const coming: Coming = { exchange, begun }
    this.#coming.set(id, coming)
    try {
      resolve(await this.#start(ports, coming, stateless, id))
    } catch (error) {
      reject(error)
    } finally {
      this.#coming.delete(id)
    }
    return await begun
  }

  async #start(
    ports: StandingPorts,
    coming: Coming,
    stateless: StatelessRequest,
    id: string,
  ): Promise<StandingClient> {
    const { sessions, runner, eras } = ports
    const { exchange } = coming
    const { service, identity, admission } = exchange
    await assertNotElsewhere(ports, exchange, id)
    const owner = ownerOf(exchange)
    const seat = sessions.reserve(owner)
    const client = this.#create(stateless, { id, owner }, (one) => {
      // Whether it was registered already or not: the place is free again.
      seat.release()
      this.#clients.delete(id)
      sessions.end(id)
      if (one.process !== undefined) void runner.release(one.process, one)
    })
    coming.client = client
    try {
      client.take(await runner.acquire(service, identity, client))
      admission.assertStands()
      await client.begin()
      eras.hasSessions(service)
      admission.assertStands()
      await sessions.open(client, seat, identity.grantId)
      if (client.isOver) throw ended(service.name)
      this.#clients.set(id, client)
      return client
    } catch (error) {
      client.end()
      sessions.end(id)
      throw error
    }
  }

  #create(
    { clientCapabilities, clientInfo = {} }: StatelessRequest,
    names: Pick<StandingClientOptions, 'id' | 'owner'>,
    onEnd: StandingClientOptions['onEnd'],
  ): StandingClient {
    return new StandingClient({
      ...names,
      capabilities: clientCapabilities,
      clientInfo,
      rounds: this.rounds,
      seconds: this.#seconds,
      onEnd,
    })
  }
}

/** @throws OwnedElsewhere when another bridge process has it. */
async function assertNotElsewhere(
  { sessions, peers }: StandingPorts,
  exchange: Exchange,
  id: string,
): Promise<void> {
  const { instances } = peers
  const instance = await sessions.whereIs(id, ownerOf(exchange))
  if (instance === undefined || instance === instances.own.id) return
  if (await livesElsewhere(peers, instance)) throw new OwnedElsewhere(instance)
  sessions.forget(id)
}

/** @throws RpcFault 503 when the store does not tell. */
export async function livesElsewhere(
  { instances }: StandingPorts['peers'],
  instance: string,
): Promise<boolean> {
  try {
    return (await instances.find(instance)) !== undefined
  } catch (cause) {
    const message = 'what this belongs to cannot be found now: try again later'
    throw new RpcFault(503, 'refused', message, { cause, headers: { 'retry-after': '1' } })
  }
}

/**
 * No header can hold a line break.
 * @throws RpcFault 400 when more is declared than would be kept.
 */
function idOf(exchange: Exchange, { clientCapabilities, clientInfo }: StatelessRequest): string {
  const { user, client, service } = ownerOf(exchange)
  const name = clientInfo?.['name'] ?? null
  assertDeclared({ clientCapabilities, clientInfo })
  const params = [user, client, service, clientCapabilities, name]
  const text = serialize({ jsonrpc: '2.0', params })
  return `standing\n${digest(text)}`
}

function ended(service: string): RpcFault {
  return new RpcFault(502, 'internal', `the service ${service}: ended after initialize`)
}
