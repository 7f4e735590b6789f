/** The benchmarks, in the order in which `npm run bench` runs them. */

import { join } from 'node:path'

export const NAMES = ['authorization-server', 'edge', 'revocation', 'bridge'] as const
export type BenchName = (typeof NAMES)[number]

export interface Bench {
  readonly name: BenchName
  readonly script: string
  /** On two cores that have nothing else to do. */
  readonly minutes: { readonly whole: number; readonly quick: number }
}

/** Far beyond what any of them takes, on any machine that can run it. */
export const MINUTES_MAX = 60

const at = (path: string): string => join(import.meta.dirname, path)

export const BENCHES: readonly Bench[] = [
  {
    name: 'authorization-server',
    script: at('authorization-server/main.ts'),
    minutes: { whole: 4, quick: 1 },
  },
  { name: 'edge', script: at('edge/main.ts'), minutes: { whole: 10, quick: 0.5 } },
  { name: 'revocation', script: at('edge/revocation/main.ts'), minutes: { whole: 5, quick: 1 } },
  { name: 'bridge', script: at('bridge/main.ts'), minutes: { whole: 15, quick: 2 } },
]
