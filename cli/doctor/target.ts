/** What is to be examined: a service of this gateway, embedded or in containers, or any MCP server by its URL. */

import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { readEnvironment } from '../../lib/platform/environment.ts'
import { authoritiesHere, authoritiesInCompose } from '../certificates/authorities.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { type FoundGateway, findRunning, requireRunning } from '../instance/find-running.ts'
import { composeStatusOf } from '../status/read-compose-status.ts'

export interface OwnGateway {
  readonly services: readonly { readonly name: string; readonly url: string }[]
  /** PEM of its authority for development, where it has one. */
  readonly authorities: readonly string[]
  /** Whether people log in by typing a name. */
  readonly hasDevLogin: boolean
}

export interface Target {
  readonly url: string
  /** Undefined for a server that is not ours. */
  readonly own: OwnGateway | undefined
}

/** @param given a URL, or undefined for this gateway. @throws CliError with exit code 3 when none runs. */
export async function findTarget(
  context: Context,
  given: string | undefined,
  service: string | undefined,
): Promise<Target> {
  if (given === undefined) {
    const own = await toOwn(context, await requireRunning(context))
    return { url: serviceUrl(own.services, service), own }
  }
  if (service !== undefined) {
    throw new CliError('--service names a service of this gateway, and a URL is given.', {
      exitCode: EXIT_CODE.usage,
      nextStep: 'leave one of the two out',
    })
  }
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`${given} is no address of an MCP server.`, {
      exitCode: EXIT_CODE.usage,
      nextStep:
        'an http or https URL; without one it is this gateway, and --service names one of its services',
    })
  }
  // As it was typed: a byte more or less is another resource.
  const typed = url.pathname === '/' && !given.endsWith('/') ? given : url.href
  const found = await findRunning(context)
  const own = found && (await toOwn(context, found))
  const isOurs = own?.services.some((one) => one.url === typed) === true
  return { url: typed, own: isOurs ? own : undefined }
}

function serviceUrl(services: OwnGateway['services'], service: string | undefined): string {
  const found = service === undefined ? services[0] : services.find(({ name }) => name === service)
  if (found !== undefined) return found.url
  const names = services.map(({ name }) => name).join(', ')
  throw new CliError(
    service === undefined ? 'This gateway serves nothing.' : `There is no service ${service}.`,
    {
      exitCode: EXIT_CODE.usage,
      nextStep:
        names === '' ? 'switch a service on: MCP_ECHO_ENABLED=true' : `its services: ${names}`,
    },
  )
}

async function toOwn(context: Context, found: FoundGateway): Promise<OwnGateway> {
  if (found.kind === 'embedded') {
    const { status } = found.running
    return {
      services: status.services,
      authorities: authoritiesHere(status),
      hasDevLogin: hasDevLogin(status.people, status.public_url),
    }
  }
  const { compose, containers } = found
  const status = await composeStatusOf(context, compose, containers)
  return {
    services: status.services,
    authorities: await authoritiesInCompose(compose, status.certificate),
    hasDevLogin: status.people !== null && hasDevLogin(status.people, status.public_url ?? ''),
  }
}

function hasDevLogin(
  { providers }: { readonly providers: readonly { readonly name: string }[] },
  publicUrl: string,
): boolean {
  const host = URL.parse(publicUrl)?.hostname ?? ''
  return isLoopbackHost(host) && providers.some(({ name }) => name === 'dev')
}

/** A web page that nobody knows: where each may call it is as good as any. */
export const ANY_PAGE = 'https://gateway-doctor.example'

/** On this machine its pages may call; anywhere else those that are listed. Undefined where none may. */
export function originFor({ url, own }: Target, { environment }: Context): string | undefined {
  if (isLoopbackHost(new URL(url).hostname)) return 'http://localhost:5173'
  if (own === undefined) return ANY_PAGE
  const { MCP_CORS_ORIGINS } = GATEWAY_VARIABLES
  const values = readEnvironment({ MCP_CORS_ORIGINS }, environment)
  const listed: readonly string[] = values.MCP_CORS_ORIGINS
  return listed.includes('*') ? ANY_PAGE : listed[0]
}
