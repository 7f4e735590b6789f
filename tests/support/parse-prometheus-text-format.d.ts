/** The package comes without types. */
declare module 'parse-prometheus-text-format' {
  export interface Family {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly metrics: readonly {
      readonly value?: string
      readonly labels?: Readonly<Record<string, string>>
      readonly buckets?: Readonly<Record<string, string>>
      readonly count?: string
      readonly sum?: string
    }[]
  }
  // biome-ignore lint/style/noDefaultExport: that is how the package exports it.
  export default function parse(text: string): readonly Family[]
}
