/** Asks before something is destroyed; scripts say `--yes`. */

import { confirm as ask } from '@clack/prompts'
import { CliError, EXIT_CODE } from './cli-error.ts'
import type { Context } from './context.ts'

export const YES_OPTION = ['-y, --yes', 'do not ask'] as const

/**
 * @param question e.g. `Delete 3 clients?`
 * @param look what only shows it: an option of this command, or another command.
 * @throws CliError when the answer is no, or there is nobody to ask.
 */
export async function confirm(
  { stdin, output }: Context,
  yes: boolean | undefined,
  question: string,
  look?: string,
): Promise<void> {
  if (yes === true) return
  const other = look === undefined ? '' : `, or look first: ${look}`
  if (stdin.isTTY !== true || output.json) {
    throw new CliError(`${question} There is nobody to ask.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: `say --yes if it is meant${other}`,
    })
  }
  const answer = await ask({
    message: question,
    initialValue: false,
    input: stdin,
    output: output.stderr,
  })
  if (answer !== true) throw new CliError('Nothing was changed.')
}
