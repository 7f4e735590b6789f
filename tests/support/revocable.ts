/** A bridge whose callers can be revoked: its store has begun long ago. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { RevocationKind } from '../../lib/store/revocation.ts'
import { EPOCH_KEY, redisRevocations } from '../../lib/store/revocations.ts'
import { type Bridge, type BridgeOptions, type Caller, startBridge } from './bridge.ts'
import { json, type RpcBody, rpc, send } from './mcp.ts'

/** A caller with every name that a revocation can have. */
export type Somebody = Required<Pick<Caller, 'user' | 'client' | 'grant' | 'token'>>

export interface RevocableBridge {
  readonly bridge: Bridge
  revoke(kind: RevocationKind, who: Somebody): Promise<void>
  /** Lets the store begin as if it had done so long ago. */
  begin(): Promise<void>
}

const LATER = 4_000_000_000

export async function startRevocableBridge(options: BridgeOptions): Promise<RevocableBridge> {
  const bridge = await startBridge(options)
  let redis = await bridge.valkey.connect()
  const begin = async (): Promise<void> => {
    // The one before may have lost its server.
    redis = await bridge.valkey.connect()
    await redis.hset(EPOCH_KEY, { id: 'of the test', not_before: 1 })
  }
  await begin()
  return {
    bridge,
    begin,
    async revoke(kind, { token, grant, client, user }) {
      const names = { token, grant, client, user }
      await redisRevocations(redis).revoke(kind, names[kind], LATER)
    },
  }
}

let count = 0

/** Nobody else has any of these names. */
export function somebody(): Somebody {
  count += 1
  const names = { user: `dev:person-${count}`, client: `client-of-${count}` }
  return { ...names, grant: `${count}-grant`, token: `token-${count}` }
}

export interface Seat {
  readonly service: string
  readonly session: string
  readonly caller: Somebody
}

/** Until the fixture `echoes.ts` has been sent such a request, or such a notification. */
export async function untilSent(
  bridge: Bridge,
  { service, ...options }: Seat,
  what: 'asked' | 'heard',
  isIt: (message: RpcBody) => boolean,
): Promise<RpcBody> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { result } = await json(send(bridge, service, rpc(what, {}, what), options))
    const found = (result?.[what] as RpcBody[] | undefined)?.find(isIt)
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error(`the server was never sent ${isIt.toString()}`)
}
