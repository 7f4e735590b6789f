/** A yes or no of whoever sits at the terminal. */

import { confirm, isCancel } from '@clack/prompts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Output, Stdin } from '../output.ts'

/** @throws CliError where nobody can be asked. */
export async function confirmWrite(
  message: string,
  { stdin, output }: { readonly stdin: Stdin; readonly output: Output },
): Promise<boolean> {
  if (stdin.isTTY !== true) {
    throw new CliError('Nobody is here to be asked, and nothing was written.', {
      exitCode: EXIT_CODE.usage,
      nextStep: 'add --yes, or --dry-run to look only',
    })
  }
  // Prompts go to stderr: stdout holds the result alone.
  const answer = await confirm({ message, input: stdin, output: output.stderr })
  return !isCancel(answer) && answer
}
