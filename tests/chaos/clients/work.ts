/** A client that works through its plan until the run is over. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../ledger/ledger.ts'
import { type PlannedOperation, planOperations, type Weights } from '../seeded/operations.ts'
import type { Random } from '../seeded/random.ts'

/** What all clients share. */
export interface Workplace {
  readonly seed: number
  readonly issuer: string
  readonly ledger: Ledger
  isOver(): boolean
  /** Made once for each client: waits between two of its operations. */
  createPause(): Pause
  /** Told of each operation, how long it took, and whether it came to its end. */
  readonly onDone?: (name: string, tookMs: number, isDone: boolean) => void
}

export type Pause = (random: Random) => Promise<void>

/** So long on average, whatever the operations take. */
export function pausesOf(meanMs: number): () => Pause {
  return () => (random) => sleep(random.next() * 2 * meanMs)
}

export interface Worker<Name extends string> {
  readonly name: string
  readonly weights: Weights<Name>
  perform(operation: PlannedOperation<Name>): Promise<void>
  /** Whatever it holds open. */
  leave(): Promise<void>
}

/** Resolves when the run is over. What fails is counted: what it may mean the ledger knows. */
export async function work<Name extends string>(
  worker: Worker<Name>,
  { seed, ledger, isOver, createPause, onDone }: Workplace,
): Promise<void> {
  const pause = createPause()
  for (const operation of planOperations(seed, worker.name, worker.weights)) {
    if (isOver()) break
    const begunAt = performance.now()
    const failure = await worker.perform(operation).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    ledger.count(failure === undefined ? 'operations done' : 'operations interrupted')
    if (failure !== undefined) ledger.interrupted(`${operation.name}: ${failure.message}`)
    onDone?.(operation.name, performance.now() - begunAt, failure === undefined)
    await pause(operation.random)
  }
  await worker.leave()
}
