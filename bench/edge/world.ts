/** What a run needs beside the guards: the store and what is in it, the upstream, and the tokens. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Algorithm } from '../options.ts'
import { requireRightAnswers, untilServing } from './answers.ts'
import type { Compiled } from './compile.ts'
import { type Guard, type GuardName, startGuard } from './guards.ts'
import { type RunningProcess, startProcess, waitForSocket } from './processes.ts'
import type { Cores } from './settings.ts'
import { fillRevocations, publishKey, type Store, startStore } from './store.ts'
import { createMint, type Mint, type TokenFiles, writeBody, writeTokens } from './tokens.ts'

export const WARM_TOKENS = 1000
export const REVOCATIONS = 10_000

export interface World {
  readonly mint: Mint
  readonly tokens: TokenFiles
  readonly body: string
  readonly store: Store
  readonly upstreamPid: number
  readonly guards: ReadonlyMap<GuardName, Guard>
  stop(): Promise<void>
}

export interface WorldOptions {
  readonly folder: string
  readonly programs: Compiled & { readonly envoy: string; readonly valkey: string }
  readonly algorithm: Algorithm
  readonly cores: Cores
  readonly processes: number
  readonly guards: readonly GuardName[]
  /** How many tokens nobody has seen before a run may need. */
  readonly freshTokens: number
}

/** Everything is there, and every guard has answered rightly. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { folder, programs, cores } = options
  const running: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    for (const one of running.toReversed()) await one.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const store = await startStore(programs.valkey, folder, cores.edge)
    running.push(store)
    const mint = createMint(options.algorithm, store.notBefore)
    await publishKey(store.redis, mint.publicJwk)
    const tokens = writeTokens(mint, folder, { warm: WARM_TOKENS, fresh: options.freshTokens })
    await fillRevocations(store, tokens.revokedIds, REVOCATIONS)
    const { socket: upstreamSocket, ...upstream } = await startUpstream(options)
    running.push(upstream)
    const guards = new Map<GuardName, Guard>()
    for (const name of options.guards) {
      const guard = await startGuard(name, {
        ...options,
        cores: cores.edge,
        envoyProgram: programs.envoy,
        storeUrl: store.url,
        storeSocket: store.socket,
        upstreamSocket,
        jwk: mint.publicJwk,
        warmTokens: WARM_TOKENS,
      })
      running.push(guard)
      guards.set(name, guard)
      await untilServing(guard, mint)
      const [revokedId = ''] = tokens.revokedIds
      await requireRightAnswers(guard, { mint, revokedToken: mint.mint({ jti: revokedId }) })
    }
    const body = writeBody(folder)
    return { mint, tokens, body, store, upstreamPid: upstream.pid, guards, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startUpstream({
  folder,
  programs,
  cores,
}: WorldOptions): Promise<RunningProcess & { readonly socket: string }> {
  const socket = join(folder, 'upstream.sock')
  const options = { cores: cores.load, workingDirectory: folder }
  const running = startProcess([programs.upstream, socket], options)
  await waitForSocket(socket, running)
  return { ...running, socket }
}
