/** A JSON object given on the command line, or on stdin. */

import { CliError, EXIT_CODE } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { parseJson } from './assignments.ts'

const FROM_STDIN = '-'

/** @param given `-` reads stdin; undefined is an empty object. */
export async function readObject(
  { stdin }: Pick<Context, 'stdin'>,
  given: string | undefined,
): Promise<Record<string, unknown>> {
  if (given === undefined) return {}
  const text = given === FROM_STDIN ? await stdin.setEncoding('utf8').toArray() : [given]
  const value = parseJson(text.join(''), 'what was given')
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new CliError('What was given is no JSON object.', { exitCode: EXIT_CODE.usage })
}
