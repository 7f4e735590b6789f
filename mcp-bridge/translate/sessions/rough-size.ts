/** What a JSON value takes in memory, without writing it: its texts, and something for each member. */

const MEMBER_BYTES = 16

export function roughSize(value: unknown): number {
  const rest: unknown[] = [value]
  let size = 0
  while (rest.length > 0) size += MEMBER_BYTES + takeApart(rest.pop(), rest)
  return size
}

/** The size of what it is without its members, which are still to be looked at. */
function takeApart(value: unknown, rest: unknown[]): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) for (const item of value) rest.push(item)
  else if (typeof value === 'object' && value !== null) return takeNamesApart(value, rest)
  return 0
}

function takeNamesApart(value: object, rest: unknown[]): number {
  let size = 0
  for (const [name, member] of Object.entries(value)) {
    size += name.length
    rest.push(member)
  }
  return size
}

/** What the calls of one session keep at the same time. */
export class Kept {
  readonly #most: number
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** False when there is no room for it. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#most) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
