/** `key=value` and `key:=json` on a command line. */

import { CliError, EXIT_CODE } from '../../cli-error.ts'

export interface Assignment {
  readonly key: string
  readonly text: string
  /** Written `:=`: the text is JSON, whatever is expected. */
  readonly isJson: boolean
}

export function parseAssignment(written: string): Assignment {
  const [, key = '', colon = '', text = ''] = /^([^=]+?)(:?)=(.*)$/s.exec(written) ?? []
  if (key !== '') return { key, text, isJson: colon === ':' }
  throw new CliError(`"${written}" is no argument.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'key=value, or key:=JSON',
  })
}

/** @param what the text is meant to be, for the message. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CliError(`${what} is no JSON: ${(cause as Error).message}`, {
      exitCode: EXIT_CODE.usage,
      cause,
    })
  }
}
