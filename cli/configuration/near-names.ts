/** Variables that mean nothing here, and are written almost as one that does. */

const DISTANCE_MAX = 2
/** Below it everything is near to everything. */
const LENGTH_MIN = 6

export interface NearName {
  readonly name: string
  /** What was perhaps meant. */
  readonly meant: string
}

/** @param given names in `.env`. @param known those that mean something. */
export function findNearNames(given: readonly string[], known: readonly string[]): NearName[] {
  const meaningful = new Set(known)
  return given.flatMap((name) => {
    if (meaningful.has(name) || name.length < LENGTH_MIN) return []
    const meant = known.find((other) => !given.includes(other) && isNear(name, other))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

function isNear(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > DISTANCE_MAX) return false
  return distance(one, other) <= DISTANCE_MAX
}

/** Levenshtein's: how many characters have to be put in, taken out or changed. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
