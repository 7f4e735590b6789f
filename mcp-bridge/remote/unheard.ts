/** Errors that were answered in a remote server's place, and so say nothing about what it knows. */

const unheard = new WeakSet<object>()

export function noteUnheard(error: unknown): void {
  if (typeof error === 'object' && error !== null) unheard.add(error)
}

export function wasUnheard(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unheard.has(error)
}
