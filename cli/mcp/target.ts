/** Which MCP server a command means: a URL, or the name of a service of this gateway. */

import { readGateway } from '../../lib/catalogue/gateway.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'

export const TARGET_WORDS = 'address of the MCP server, or the name of a service of this gateway'

/** @throws CliError when it is neither. */
export async function resolveTarget(context: Context, given: string): Promise<string> {
  const url = URL.parse(given)
  if (url === null) return await findService(context, given)
  if (/^https?:$/.test(url.protocol) && url.username === '' && url.hash === '') return url.href
  throw new CliError(`${given} is no address of an MCP server.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'an http or https URL without user information and fragment',
  })
}

/** Of the gateway that runs; else of the one that the files in this folder describe. */
async function findService(context: Context, name: string): Promise<string> {
  const { environment, workingDirectory } = context
  const running = await findGateway(stateDirectoryOf(context), environment)
  const services = running?.status.services ?? configuredServices(environment, workingDirectory)
  const found = services.find((service) => service.name === name)
  if (found !== undefined) return found.url
  const names = services.map((service) => service.name).join(', ')
  throw new CliError(`${name} is neither a URL nor a service of this gateway.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `its services: ${names}; any other server by its URL`,
  })
}

function configuredServices(
  environment: Context['environment'],
  workingDirectory: string,
): readonly { readonly name: string; readonly url: string }[] {
  const { services, addresses } = readGateway(environment, workingDirectory)
  return [...services.keys()].map((name) => ({ name, url: addresses.resourceOf(name) }))
}
