/** A protection taken out of the code, and the test that has to notice. */

/** What one file has in another way. */
export interface Change {
  readonly file: string
  /** Stands in the file once. */
  readonly from: string
  readonly to: string
}

export interface Mutation extends Change {
  /** What is not so any more. */
  readonly takesOut: string
  /** Where several layers protect the others go as well: each alone would be made up for. */
  readonly also?: readonly Change[]
  /** The requirement whose test fails, or what the title of another test has in it. */
  readonly noticedBy: string
  /** Where that test stands. */
  readonly test: string
  /** The row that was drawn at random when this was added (draw.ts). */
  readonly drawnFor?: string
  /** Nothing noticed it at first: what was done about that. */
  readonly survivedUntil?: string
}

export const conformance = (name: string): string => `tests/conformance/${name}.test.ts`
export const contract = (name: string): string => `tests/contract/${name}.test.ts`
export const unit = (name: string): string => `tests/unit/${name}.test.ts`
export const integration = (name: string): string => `tests/integration/${name}.test.ts`

export function changesOf({ file, from, to, also = [] }: Mutation): readonly Change[] {
  return [{ file, from, to }, ...also]
}
