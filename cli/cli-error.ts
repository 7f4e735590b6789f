/** Failures a person sees: one sentence, what to do next, and an exit code that means something. */

export const EXIT_CODE = { ok: 0, failed: 1, usage: 2, notRunning: 3 } as const
export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE]

export interface CliErrorOptions {
  readonly exitCode?: ExitCode
  /** What to do about it, ready to be typed where it can be. */
  readonly nextStep?: string
  readonly cause?: unknown
}

export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode
  readonly nextStep: string | undefined

  constructor(message: string, { exitCode, nextStep, cause }: CliErrorOptions = {}) {
    super(message, { cause })
    this.exitCode = exitCode ?? EXIT_CODE.failed
    this.nextStep = nextStep
  }
}
