/** Known faults that are lived with for a while: `exceptions.json`. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Fault } from './answer.ts'

const exceptionsFile = z.array(
  z.strictObject({
    id: z.string().min(1),
    /** Why it does no harm here, or what is waited for. */
    reason: z.string().min(1),
    /** The last day. */
    until: z.iso.date(),
  }),
)

export type Exception = z.infer<typeof exceptionsFile>[number]

export function readExceptions(): readonly Exception[] {
  return parseExceptions(readFileSync(join(import.meta.dirname, 'exceptions.json'), 'utf8'))
}

/** @throws ZodError */
export function parseExceptions(text: string): readonly Exception[] {
  return exceptionsFile.parse(JSON.parse(text))
}

export interface Judged {
  readonly open: readonly Fault[]
  readonly excepted: readonly Fault[]
}

/** @param today as in the file, in UTC. */
export function judge(
  faults: readonly Fault[],
  exceptions: readonly Exception[],
  today: string,
): Judged {
  const inForce = new Set(exceptions.filter(({ until }) => until >= today).map(({ id }) => id))
  const isExcepted = ({ id, aliases }: Fault): boolean =>
    [id, ...aliases].some((name) => inForce.has(name))
  return {
    open: faults.filter((fault) => !isExcepted(fault)),
    excepted: faults.filter(isExcepted),
  }
}

/** Over, or for a fault that nobody knows any more. */
export function uselessExceptions(
  exceptions: readonly Exception[],
  faults: readonly Fault[],
  today: string,
): readonly Exception[] {
  const known = new Set(faults.flatMap(({ id, aliases }) => [id, ...aliases]))
  return exceptions.filter(({ id, until }) => until < today || !known.has(id))
}
