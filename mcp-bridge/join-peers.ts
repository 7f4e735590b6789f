/** How this bridge process takes its place among those that use the same store. */

import type { Redis } from 'ioredis'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import type { Log } from '../lib/platform/log.ts'
import type { Marker } from '../lib/platform/process-group.ts'
import type { McpBridgeConfig } from './config.ts'
import type { Peers } from './elsewhere.ts'
import { Forwarding } from './forwarding.ts'
import { HeldLeases } from './held-leases.ts'
import { Instances } from './instances.ts'
import { WATCHDOG_GRACE_SECONDS } from './limits.ts'
import { placeHere, waitUntilGone } from './predecessor.ts'
import { type InstanceRecord, lifeOf, redisInstances } from './store/instances.ts'
import { redisLeases } from './store/leases.ts'

export interface PeersParts {
  readonly config: McpBridgeConfig
  readonly live: LiveGateway
  readonly redis: Redis
  /** Of this process: its children are marked with it. */
  readonly life: string
  readonly holdChildren: (withinMs: number) => void
  readonly log: Log
}

export interface Joined {
  readonly leases: HeldLeases
  readonly peers: Peers
}

export function markerOf(life: string): Marker {
  return { name: 'MCP_GATEWAY_BRIDGE', value: life }
}

/** From then on it has its name, and what that name owned in an earlier life. */
export async function joinPeers(parts: PeersParts): Promise<Joined> {
  const { config, live, redis, life, holdChildren, log } = parts
  const { MCP_BRIDGE_INSTANCE: name, MCP_BRIDGE_LEASE_MS: termMs } = config
  const place = await placeHere()
  const socket = config.MCP_BRIDGE_SOCKET
  const own = { id: `${name}.${life}`, socket, pid: process.pid, ...(place && { place }) }
  const records = redisInstances(redis, termMs)
  const onSuperseded = (): void => leases.loseAll()
  const instances = new Instances({ records, own, termMs, onSuperseded, log })
  const predecessor = await instances.begin()
  const gone = predecessor === undefined ? undefined : isGone(predecessor, place)
  const hasPeers = config.MCP_BRIDGE_PROCESSES > 1
  const leases = new HeldLeases({
    records: redisLeases(redis, { instance: own.id, termMs, hasPeers }),
    termMs,
    holdChildren,
    predecessor: predecessor?.id,
    // What a runner program elsewhere has started cannot be seen from here.
    isGone: async (service) =>
      live.current.services.get(service)?.runner === undefined && (await gone) === true,
    log,
  })
  await leases.begin()
  return { leases, peers: { instances, forwarding: new Forwarding(name), termMs, log } }
}

function isGone(predecessor: InstanceRecord, place: string | undefined): Promise<boolean> {
  const graceMs = (WATCHDOG_GRACE_SECONDS + 1) * 1000
  return waitUntilGone({ predecessor, place, marker: markerOf(lifeOf(predecessor.id)), graceMs })
}
