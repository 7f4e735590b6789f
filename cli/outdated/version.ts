/** Compares versions as npm, PyPI and image tags write them: by their numbers, then by what stands behind. */

/** Whether `one` is newer than `other`; a version before its release is older than the release. */
export function isNewer(one: string, other: string): boolean {
  const [first, second] = [parse(one), parse(other)]
  const length = Math.max(first.numbers.length, second.numbers.length)
  for (let index = 0; index < length; index += 1) {
    const difference = (first.numbers[index] ?? 0) - (second.numbers[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return first.stage > second.stage
}

interface Version {
  readonly numbers: readonly number[]
  /** Below 0 before the release, above 0 after it (`.post1`). */
  readonly stage: number
}

function parse(text: string): Version {
  const [, release = '', rest = ''] = /^v?([0-9]+(?:\.[0-9]+)*)(.*)$/.exec(text) ?? []
  return { numbers: release.split('.').map(Number), stage: stageOf(rest) }
}

/** `.post2` is 2; `a1`, `-rc.1` and the like are below 0, and not told apart. */
function stageOf(rest: string): number {
  const [, post] = /^\.post([0-9]+)$/.exec(rest) ?? []
  if (post !== undefined) return Number(post)
  return rest === '' ? 0 : -1
}
