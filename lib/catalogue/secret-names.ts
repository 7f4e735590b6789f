/**
 * NAME in `${secret.NAME}`: which names there are, and which of them each person fills in.
 *
 * A person's text becomes an argument, a variable or a header, or part of one: never a path, and never
 * where several people share a process.
 */

import type { ServiceDefinition } from './service-definition.ts'

const NAME = /^[A-Z][A-Z0-9_]{0,63}$/
/** Keys of the gateway itself are no service's business, though its process may hold them. */
const RESERVED =
  /^(?:GATEWAY|REDIS|OAUTH_SERVER|EXT_AUTHZ|MCP_BRIDGE|ENVOY|USER_SECRETS|OTEL)_|^GITHUB_CLIENT_SECRET$/

/** Whether a variable holds a key of the gateway itself, which nothing may be made of. */
export function isReservedSecret(name: string): boolean {
  return RESERVED.test(name)
}

export function secretNamesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/\$\{secret\.([A-Z][A-Z0-9_]*)\}/g)].map(([, name = '']) => name),
  )
}

const USER_SECRETS_MAX = 32

/** What is wrong with `userSecrets`, each with its place. */
export function userSecretFaults(definition: ServiceDefinition): string[] {
  const { userSecrets = {}, native, isolation } = definition
  const names = Object.keys(userSecrets)
  if (names.length === 0) return []
  const whole: [boolean, string][] = [
    [names.length > USER_SECRETS_MAX, `has more than ${USER_SECRETS_MAX} names`],
    [
      isolation === 'shared' || native !== undefined,
      "needs a process for each person, or everybody would work with one person's: set isolation to user or session",
    ],
  ]
  return [
    ...whole.filter(([isWrong]) => isWrong).map(([, what]) => `userSecrets: ${what}`),
    ...names.flatMap((name) => {
      const fault = nameFault(name, definition)
      return fault === undefined ? [] : [`userSecrets.${name}: ${fault}`]
    }),
  ]
}

function nameFault(name: string, definition: ServiceDefinition): string | undefined {
  const { args = [], env = {}, headers = {}, cwd = '', folders = [] } = definition
  if (!NAME.test(name)) return 'must be 1 to 64 of A-Z 0-9 _ and begin with a letter'
  if (isReservedSecret(name)) return 'is a name of the gateway itself'
  if (secretNamesIn([cwd, ...folders]).includes(name)) return 'cannot be part of cwd or folders'
  const used = secretNamesIn([...args, ...Object.values(env), ...Object.values(headers)])
  if (used.includes(name)) return undefined
  return `is not used: write \${secret.${name}} in env, args or headers`
}
