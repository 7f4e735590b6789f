/** What an operator can ask: its input's shape, and what is done and told. */

import { z } from 'zod'
import type { Ended, EndingFailure } from '../../lib/oauth/administration.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
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

export const text = z
  .string()
  .min(1, 'must not be empty')
  .max(TEXT_MAX, `must have at most ${TEXT_MAX} characters`)
/** As `Page.next`. */
export const pageInput = z.strictObject({ from: text.optional() })

/** So many can be ended with one question. */
const IDS_MAX = 500
export const idsInput = z.strictObject({ ids: z.array(text).min(1).max(IDS_MAX) })

/**
 * Ends one after the other, and says of each what came of it: also where it breaks off, because what has ended by
 * then stays so. @param end false: there is none.
 */
export async function endEach(
  { log }: Pick<AdminPorts, 'log'>,
  ids: readonly string[],
  end: (id: string) => Promise<boolean>,
): Promise<Done> {
  const targets: Target[] = []
  let failed: EndingFailure | null = null
  for (const id of ids) {
    if (failed !== null) {
      targets.push({ target: id, outcome: 'not_tried' })
      continue
    }
    try {
      targets.push({ target: id, outcome: (await end(id)) ? 'ok' : 'not_found' })
    } catch (error) {
      log.error({ err: error, target: id }, 'an administrative question broke off')
      const refusal = OAuthError.from(error).toJSON()
      failed = { id, ...refusal }
      targets.push({ target: id, outcome: refusal.error })
    }
  }
  const those = (wanted: string): string[] =>
    targets.filter(({ outcome }) => outcome === wanted).map(({ target }) => target)
  const body: Ended = {
    ended: those('ok'),
    missing: those('not_found'),
    failed,
    not_tried: those('not_tried'),
  }
  return { body, targets }
}

export function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

export function toTimeOrNull(seconds: number | undefined): string | null {
  return seconds === undefined ? null : toTime(seconds)
}
