/** What a benchmark ran on, and with which state of the code. */

import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
}

export function describeThisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
  }
}

export interface Commit {
  /** Undefined outside of a working copy of Git. */
  readonly id: string | undefined
  /** With changes that no commit has. */
  readonly isChanged: boolean
}

const ROOT = join(import.meta.dirname, '..')
/** What a run writes itself is no change of the code. */
const WRITTEN = [':!bench/results.json', ':!docs/benchmarks.md']

export function currentCommit(): Commit {
  const id = git('rev-parse', '--short=12', 'HEAD')
  const changes = git('status', '--porcelain', '--', '.', ...WRITTEN)
  return { id, isChanged: changes !== undefined && changes !== '' }
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
