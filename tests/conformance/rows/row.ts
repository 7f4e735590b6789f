/**
 * A row of the checklists that this gateway is built against: of specifications, of attacks, of what broke
 * elsewhere. The tests cite requirements; a row says which of them answer it.
 */

import type { RequirementId } from '../requirements.ts'

export interface Row {
  /** What is asked, in short. */
  readonly asks: string
  readonly proved?: readonly RequirementId[]
  /** What of it no test tries yet; the rest is as the row says. */
  readonly missing?: string
  /** What of it something else overrules, and what: the rest, if any, is proved. */
  readonly superseded?: string
  /** Why no test goes through the real parts yet; a reviewer has to accept it. */
  readonly deferred?: string
}

export type Rows = Readonly<Record<string, Row>>

export function proved(asks: string, ...by: RequirementId[]): Row {
  return { asks, proved: by }
}

/** Another rule holds instead. */
export function superseded(asks: string, by: string, ...rest: RequirementId[]): Row {
  return { asks, superseded: by, ...(rest.length === 0 ? {} : { proved: rest }) }
}

export function deferred(asks: string, why: string, ...rest: RequirementId[]): Row {
  return { asks, deferred: why, ...(rest.length === 0 ? {} : { proved: rest }) }
}

/** The row, but for what no test tries yet: as long as that stands, the row does not count as proved. */
export function partly(missing: string, row: Row): Row {
  return { ...row, missing }
}
