/** What an operator can ask: its input's shape, and what is done and told. */

import { z } from 'zod'
import type { Ports } from '../ports.ts'

export type AdminPorts = Ports

/** What something was done to, for the audit log. */
export interface Target {
  readonly target: string
  readonly outcome: string
  readonly client_id?: string
  readonly service?: string
}

export interface Done {
  readonly body: unknown
  readonly targets: readonly Target[]
}

export interface Operation {
  /** Whether it changes something. */
  readonly isChange: boolean
  /** @throws AdminError, ZodError for another shape, OAuthError when the store is away. */
  run(ports: AdminPorts, input: unknown, operator: string): Promise<Done>
}

/** A refusal in words for the operator. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly code: 'not_found' | 'refused' | 'invalid_request'

  constructor(code: AdminError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Only tells. */
export function look<Shape extends z.ZodType>(
  shape: Shape,
  run: (ports: AdminPorts, input: z.infer<Shape>) => Promise<unknown>,
): Operation {
  return {
    isChange: false,
    run: async (ports, input) => ({ body: await run(ports, shape.parse(input)), targets: [] }),
  }
}

/** Changes something, and says to what. */
export function change<Shape extends z.ZodType>(
  shape: Shape,
  run: (ports: AdminPorts, input: z.infer<Shape>, operator: string) => Promise<Done>,
): Operation {
  return {
    isChange: true,
    run: (ports, input, operator) => run(ports, shape.parse(input), operator),
  }
}

const TEXT_MAX = 4096

export const text = z.string().min(1).max(TEXT_MAX)
/** As `Page.next`. */
export const pageInput = z.strictObject({ from: text.optional() })

/** So many can be ended with one question. */
const IDS_MAX = 500
export const idsInput = z.strictObject({ ids: z.array(text).min(1).max(IDS_MAX) })

/** Ends one after the other; what is not there is told. @param end false: there is none. */
export async function endEach(
  ids: readonly string[],
  end: (id: string) => Promise<boolean>,
): Promise<Done> {
  const outcomes: [string, boolean][] = []
  for (const id of ids) outcomes.push([id, await end(id)])
  const those = (wanted: boolean): string[] =>
    outcomes.filter(([, isEnded]) => isEnded === wanted).map(([id]) => id)
  return {
    body: { ended: those(true), missing: those(false) },
    targets: outcomes.map(([target, isEnded]) => ({
      target,
      outcome: isEnded ? 'ok' : 'not_found',
    })),
  }
}

export function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

export function toTimeOrNull(seconds: number | undefined): string | null {
  return seconds === undefined ? null : toTime(seconds)
}
