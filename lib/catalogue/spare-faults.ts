/** What is wrong with `spares`: a process that is started before anybody comes can have nothing of a person. */

import type { ServiceDefinition } from './service-definition.ts'

const OF_A_PERSON = /\$\{user\.(?:id|name)\}/

export function spareFaults(definition: ServiceDefinition): string[] {
  const { spares = 0, env = {}, userSecrets = {} } = definition
  const { args = [], cwd = '', folders = [], rootFolders = [], stopCommand = [] } = definition
  if (spares === 0) return []
  if (definition.native !== undefined) return ['spares: a native server has one process']
  if (definition.isolation === 'shared' && spares > 1) {
    return ['spares: everybody shares one process: 1 starts it with the gateway']
  }
  const texts = [...args, ...Object.values(env), cwd, ...folders, ...rootFolders, ...stopCommand]
  const own = texts.map((text) => OF_A_PERSON.exec(text)?.[0]).find((one) => one !== undefined)
  if (own === undefined && Object.keys(userSecrets).length === 0) return []
  const what = own ?? 'userSecrets'
  return [`spares: ${what} is not known before somebody comes: leave out one of the two`]
}
