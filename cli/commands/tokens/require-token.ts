/** A token that was handed over as it should be. */

import { CliError, EXIT_CODE } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { readToken, TOKEN_VARIABLE } from '../../instance/read-token.ts'

/** @throws CliError without one. */
export async function requireToken(context: Context, given: string | undefined): Promise<string> {
  const token = await readToken(context, given)
  if (token !== undefined) return token
  throw new CliError('There is no token.', {
    exitCode: EXIT_CODE.usage,
    nextStep: `hand it over: - reads it from standard input, or set ${TOKEN_VARIABLE}`,
  })
}
