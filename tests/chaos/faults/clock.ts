/**
 * The store's clock, which draws every instant of the gateway: put forward and back while it runs.
 *
 * A library preloaded into Valkey shifts its time of day alone. The machine's own clock is not ours to touch, so
 * the rooms keep the right time, as on a store that runs elsewhere.
 */

import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface ShiftedClock {
  /** A program to start in place of Valkey. */
  readonly program: string
  /** By how much it is off from now on; negative: behind. */
  set(byMs: number): void
  close(): void
}

/** @returns why it cannot be done here, where it cannot. */
export function prepareClock(folder: string, valkey: string): ShiftedClock | string {
  if (process.platform !== 'linux') return 'the clock of one process can be put on Linux alone'
  const library = join(folder, 'shifted-clock.so')
  const source = join(import.meta.dirname, 'shifted-clock.c')
  const args = ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl']
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
  if (error) return 'needs a C compiler named cc (Debian: apt install gcc libc6-dev)'
  if (status !== 0) throw new Error(`cc refuses shifted-clock.c: ${stderr}`)
  const shift = join(folder, 'clock-shift')
  writeFileSync(shift, Buffer.alloc(8))
  const program = join(folder, 'valkey-with-clock')
  const variables = `LD_PRELOAD='${library}' SHIFTED_CLOCK_FILE='${shift}'`
  writeFileSync(program, `#!/bin/sh\nexec env ${variables} '${valkey}' "$@"\n`)
  chmodSync(program, 0o755)
  const file = openSync(shift, 'r+')
  return {
    program,
    set(byMs) {
      const number = Buffer.alloc(8)
      number.writeBigInt64LE(BigInt(byMs))
      writeSync(file, number, 0, 8, 0)
    },
    close: () => closeSync(file),
  }
}
