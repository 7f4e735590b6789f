/** Which runner program hosts the processes of a service, where each service has a container of its own. */

import { join } from 'node:path'
import type { ServiceDefinition } from './service-definition.ts'

export interface Runners {
  /** Absolute path; a runner has a folder in it. */
  readonly folder: string
  /** Whether there is a runner of this name. */
  has(name: string): boolean
}

/** The runner of whatever has none to itself, such as the operator's own services. */
export const OWN_RUNNER = 'own'

/** What the definition says wins; a remote server needs no runner. */
export function withRunner(
  name: string,
  definition: ServiceDefinition,
  runners: Runners | undefined,
): ServiceDefinition {
  if (runners === undefined || definition.url !== undefined) return definition
  const runner = join(runners.folder, runners.has(name) ? name : OWN_RUNNER, 'runner.sock')
  return { runner, ...definition }
}
