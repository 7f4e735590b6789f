/** Takes a token from where it is not seen: standard input or the environment. An argument is seen by everybody. */

import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { Stdin } from '../output.ts'

const TOKEN_CHARACTERS_MAX = 16_384
const FROM_STDIN = '-'
export const TOKEN_VARIABLE = 'GATEWAY_TOKEN'

/** As it is, or as it is copied out of a header. Undefined without one. @param given an argument; `-` is stdin. */
export async function readToken(
  { environment, stdin, output }: Pick<Context, 'environment' | 'stdin' | 'output'>,
  given: string | undefined,
): Promise<string | undefined> {
  const named = given ?? environment[TOKEN_VARIABLE]
  if (named === FROM_STDIN && stdin.isTTY === true) {
    output.note('Paste the token, then Enter and Ctrl-D.')
  }
  const text = named === FROM_STDIN ? await readText(stdin) : (named ?? '')
  const token = text.trim().replace(/^(?:Authorization:\s*)?Bearer\s+/i, '')
  if (token.length > TOKEN_CHARACTERS_MAX) throw tooLong()
  return token === '' ? undefined : token
}

async function readText(stdin: Stdin): Promise<string> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > 2 * TOKEN_CHARACTERS_MAX) throw tooLong()
  }
  return text
}

function tooLong(): CliError {
  return new CliError(`A token has at most ${TOKEN_CHARACTERS_MAX} characters: this is none.`)
}
