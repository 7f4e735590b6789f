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

export function findingLines({ about, verdict, text, fix }: Finding): string[] {
  return [`${MARKS[verdict]} ${about}: ${text}`, ...(fix === undefined ? [] : [`  → ${fix}`])]
}

export function isBad({ verdict }: Finding): boolean {
  return verdict === 'bad'
}
