/** A part of the gateway: one process the supervisor starts, watches and ends. */

export interface Part {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment it gets. */
  readonly env: Readonly<Record<string, string>>
  /** Names of parts that must be ready before it starts, and that outlive it. */
  readonly dependsOn: readonly string[]
  /** Adds to what another process of its room does: started once everything else serves. */
  readonly isSpare?: boolean
  /** Ready only once it has logged `ready` itself. */
  readonly announces?: boolean
  /** Whether it serves, asked again and again until it does. */
  readonly isReady?: () => Promise<boolean>
  /** Whether it still answers, asked whenever somebody looks; as `isReady` where that says so too. */
  readonly answers?: () => Promise<boolean>
  /** Variable in which it gets the marker for processes of its own. */
  readonly markerVariable?: string
  /** Asks it to take no more work; awaited before it is told to end. */
  readonly drain?: () => Promise<void>
  /** After SIGTERM, before SIGKILL. */
  readonly terminateMs: number
}

/** Groups of parts, each needing only those before it. */
export function toWaves(parts: readonly Part[]): Part[][] {
  const waves: Part[][] = []
  const placed = new Set<string>()
  let rest = [...parts]
  while (rest.length > 0) {
    const wave = rest.filter((part) => part.dependsOn.every((name) => placed.has(name)))
    if (wave.length === 0) throw new TypeError(`parts in a circle: ${rest.map(({ name }) => name)}`)
    for (const { name } of wave) placed.add(name)
    rest = rest.filter((part) => !wave.includes(part))
    waves.push(wave)
  }
  return waves
}
