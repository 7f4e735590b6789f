/** What every benchmark prints with `--json`, beside its own results. */

/** Program or package → the version that was measured. */
export type Versions = Readonly<Record<string, string>>

export interface Output {
  /** How it was measured, in words. */
  readonly about: readonly string[]
  readonly versions: Versions
}

/** A table of figures, as text and pages show it. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}
