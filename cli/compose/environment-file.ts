/** A file of variables, as `node --env-file` reads it: it knows quotation marks, and no way to escape one. */

import { ConfigError } from '../../lib/platform/environment.ts'

/** @throws ConfigError for a value that cannot stand in such a file. */
export function toEnvironmentFile(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(name, value)}\n`)
    .join('')
}

/** Between double ones `\n` would be read as the end of a line. */
function quote(name: string, value: string): string {
  const candidates = value.includes('\\n') ? ["'", '`'] : ["'", '`', '"']
  const mark = candidates.find((one) => !value.includes(one))
  if (mark === undefined) {
    throw new ConfigError([`${name} has ' and \` and more in it: leave one of them out`])
  }
  return mark + value + mark
}
