/** One service by its name. */

import type { Service } from '../../lib/catalogue/service.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { readConfigurationAgain } from '../start/configuration.ts'

/** Also one that is off: as it would be. @throws CliError where there is none. */
export function requireService(
  { environment, workingDirectory }: Pick<Context, 'environment' | 'workingDirectory'>,
  name: string,
): Service {
  const on = { ...environment, [serviceSwitch(name)]: 'true' }
  const service = readConfigurationAgain({ environment: on, workingDirectory }).services.get(name)
  if (service !== undefined) return service
  throw new CliError(`There is no service "${name}".`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'gateway services',
  })
}
