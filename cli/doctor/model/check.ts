/** A check as data: what it asks, what it needs, and for each fault that it can find the words and the cure. */

import type { ClientProfile } from './client-profile.ts'
import type { FactName } from './facts.ts'
import type { Visit } from './visit.ts'

/** In the order in which a walk goes through them. */
export const STAGES = ['way', 'discovery', 'login', 'mcp', 'renewal', 'end'] as const
export type Stage = (typeof STAGES)[number]

export interface Fault {
  /** `error`: the client does not get through, or somebody else does. `warning`: it does, for now or in part. */
  readonly severity: 'error' | 'warning'
  /** What it means for people and clients. */
  readonly meaning: string
  /** What to do, to whoever operates the server. */
  readonly cure: string
}

export type Result =
  | { readonly status: 'passed'; readonly detail: string }
  | { readonly status: 'skipped'; readonly detail: string }
  | { readonly status: 'fault'; readonly code: string; readonly detail: string }

export const passed = (detail: string): Result => ({ status: 'passed', detail })
export const skipped = (detail: string): Result => ({ status: 'skipped', detail })

export interface Check {
  readonly id: string
  readonly stage: Stage
  readonly title: string
  /** What is asked and why it matters, for docs/doctor.md. */
  readonly about: string
  /** Without one of them it is skipped. */
  readonly needs: readonly FactName[]
  /** The answer is the same for every client: asked as the first of them. */
  readonly once?: true
  /** Clients that never do such a thing are left out. */
  appliesTo?(client: ClientProfile): boolean
  readonly faults: Readonly<Record<string, Fault>>
  /** Undefined where there is nothing to check. */
  run(visit: Visit): Promise<Result | undefined>
}

type Find<Code extends string> = (code: Code, detail: string) => Result

/** Lets `run` find declared faults only. */
export function defineCheck<const Code extends string>(
  check: Omit<Check, 'faults' | 'run'> & {
    readonly faults: Readonly<Record<Code, Fault>>
    run(visit: Visit, find: Find<Code>): Promise<Result | undefined>
  },
): Check {
  return {
    ...check,
    run: (visit) => check.run(visit, (code, detail) => ({ status: 'fault', code, detail })),
  }
}
