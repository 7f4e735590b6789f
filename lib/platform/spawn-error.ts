/**
 * A program that could not be started: which one, and why. Node's own errors carry all arguments, and
 * quote a text that no program can be given: either may be a secret.
 */
export class SpawnError extends Error {
  readonly code: string
  readonly syscall = 'spawn'

  constructor(program: string, cause: unknown) {
    const code = codeOf(cause)
    super(`spawn ${program} ${code}`)
    this.name = 'SpawnError'
    this.code = code
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed'
}
