/** What a data base of known faults says of one file of pins. */

export interface Fault {
  /** As the data base names it: GHSA, CVE, PYSEC. */
  readonly id: string
  readonly aliases: readonly string[]
  readonly package: string
  readonly title: string
}

export type Answer = { readonly file: string } & (
  | { readonly outcome: 'answered'; readonly packages: number; readonly faults: readonly Fault[] }
  /** Nobody could be asked: that is not clean. */
  | { readonly outcome: 'not answered'; readonly reason: string }
)

export function notAnswered(file: string, reason: string): Answer {
  return { file, outcome: 'not answered', reason }
}
