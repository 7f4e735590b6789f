/** What both benchmarks of the edge need before they begin: the programs, and a core for the load. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findProgram } from '../../cli/embedded/find-program.ts'
import { ENVOY, type FoundProgram, VALKEY } from '../../cli/embedded/program.ts'
import { createProgress } from '../../cli/embedded/progress.ts'
import type { Environment } from '../../lib/platform/environment.ts'

export interface Programs {
  readonly envoy: FoundProgram
  readonly valkey: FoundProgram
}

/** `ENVOY_BIN` and `VALKEY_BIN`, PATH, or the wheels that a start of the gateway would fetch. */
export async function findPrograms(environment: Environment): Promise<Programs> {
  const options = {
    environment,
    stateDirectory: join(import.meta.dirname, '../../.gateway'),
    progress: createProgress(process, Date.now),
  }
  return {
    envoy: await findProgram(ENVOY, options),
    valkey: await findProgram(VALKEY, options),
  }
}

/** This process, with all its threads. */
export function pinSelf(cores: string): void {
  const { status } = spawnSync('taskset', ['-acp', cores, String(process.pid)])
  if (status !== 0) throw new Error('this benchmark needs Linux, taskset, and two cores')
}
