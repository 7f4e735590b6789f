/** What a check found: for the person who sets up, with the fix where there is one. */

export interface Finding {
  /** What was looked at: `auth.example.com`, `port 443`. */
  readonly about: string
  /** `doubtful` is told and gone past; `bad` will not work. */
  readonly verdict: 'good' | 'doubtful' | 'bad'
  readonly text: string
  readonly fix?: string
}

const MARKS = { good: '✓', doubtful: '!', bad: '✗' } as const

/** A fix that several have in common stands once, below the last of them. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ about, verdict, text, fix }, index) => {
    const isTold = fix === undefined || findings.slice(index + 1).some((later) => later.fix === fix)
    return [`${MARKS[verdict]} ${about}: ${text}`, ...(isTold ? [] : [`  → ${fix}`])]
  })
}

export function isBad({ verdict }: Finding): boolean {
  return verdict === 'bad'
}
