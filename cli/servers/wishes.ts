/** What a person adds to an entry on the command line, read and checked. */

import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'

export interface EntryWishes {
  readonly isolation?: NonNullable<ServiceDefinition['isolation']>
  /** NAME, of a variable that the program wants and the operator has. */
  readonly env?: readonly string[]
  /** `Name: text`, with `${secret.NAME}` for what is secret. */
  readonly header?: readonly string[]
  readonly description?: string
  readonly privateAddresses?: true
}

const VARIABLE = /^[A-Z][A-Z0-9_]*$/

/** The members of an entry beside how it starts. @throws CliError for what cannot be one. */
export function toMembers(wishes: EntryWishes): ServiceDefinition {
  const { isolation, env = [], header = [], description, privateAddresses } = wishes
  return {
    ...(env.length > 0 && { env: toEnv(env) }),
    ...(header.length > 0 && { headers: toHeaders(header) }),
    ...(privateAddresses && { privateAddresses }),
    ...(isolation !== undefined && { isolation }),
    ...(description !== undefined && { description }),
  }
}

/** `NAME` is the operator's variable; `NAME=text` is a text that is nobody's secret. */
function toEnv(wanted: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    wanted.map((one) => {
      const [, name = one, text] = /^([^=\s]+)=([\s\S]*)$/.exec(one) ?? []
      if (text !== undefined) return [name, text]
      if (VARIABLE.test(name)) return [name, `\${secret.${name}}`]
      throw new CliError(`--env ${one}: a variable is named in A-Z, 0-9 and _.`, {
        exitCode: EXIT_CODE.usage,
        nextStep: '--env NAME for one of .env, --env name=text for a text that is no secret',
      })
    }),
  )
}

function toHeaders(wanted: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    wanted.map((one) => {
      const [, name, text] = /^([^:\s]+):\s*(.*)$/.exec(one) ?? []
      if (name !== undefined && text !== undefined) return [name, text]
      throw new CliError(`--header ${one}: is no header.`, {
        exitCode: EXIT_CODE.usage,
        nextStep: "--header 'Authorization: Bearer ${secret.NAME}'",
      })
    }),
  )
}
