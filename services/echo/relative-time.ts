/** Instants in words, seen from now. */

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
]

/** E.g. `in 59 min`, `3 s ago`. @param seconds to go; negative when it is over. */
function fromNow(seconds: number): string {
  const rounded = Math.round(seconds)
  return rounded >= 0 ? `in ${duration(rounded)}` : `${duration(-rounded)} ago`
}

/** The largest unit of which there are two, rounded down. @param seconds at least 0. */
export function duration(seconds: number): string {
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${name}`
}

/** E.g. `2026-11-29T05:00:00.000Z (in 59 min)`. @param epochSeconds of any size, also absurd ones. */
export function instant(epochSeconds: number, nowMs: number): string {
  const date = new Date(epochSeconds * 1000)
  if (Number.isNaN(date.getTime())) return 'not said'
  return `${date.toISOString()} (${fromNow(epochSeconds - nowMs / 1000)})`
}
