/** What is to be examined: a service of this gateway, embedded or in containers, or any MCP server by its URL. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUTHORITY_CERTIFICATE, certificateFolder } from '../../certs/files.ts'
import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { readEnvironment } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway, requireGateway } from '../instance/control-client.ts'
import { findDockerCompose, isComposeFolder } from '../status/docker-compose.ts'
import { readComposeStatus } from '../status/read-compose-status.ts'

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
  const own = (await findEmbedded(context)) ?? (await findInCompose(context))
  if (given === undefined) {
    if (own === undefined) await requireGateway(stateDirectoryOf(context), context.environment)
    return { url: serviceUrl(own?.services ?? [], service), own }
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

async function findEmbedded(context: Context): Promise<OwnGateway | undefined> {
  const running = await findGateway(stateDirectoryOf(context), context.environment)
  if (running === undefined) return undefined
  const { services, people, public_url, state_directory, certificate } = running.status
  const path = join(certificateFolder(state_directory), AUTHORITY_CERTIFICATE)
  return {
    services,
    authorities: certificate?.source === 'development' ? [readFileSync(path, 'utf8')] : [],
    hasDevLogin: hasDevLogin(people, public_url),
  }
}

async function findInCompose(context: Context): Promise<OwnGateway | undefined> {
  const { workingDirectory, environment } = context
  if (!isComposeFolder(workingDirectory)) return undefined
  const compose = await findDockerCompose(workingDirectory, environment)
  const status = compose && (await readComposeStatus(context, compose))
  if (compose === undefined || status === undefined) return undefined
  const authority =
    status.certificate?.source === 'development'
      ? await compose.read('certs', `/state/certs/${AUTHORITY_CERTIFICATE}`)
      : undefined
  return {
    services: status.services,
    authorities: authority === undefined ? [] : [authority],
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

/** On this machine its pages may call; anywhere else those that are listed. Undefined where none may. */
export function originFor({ url, own }: Target, { environment }: Context): string | undefined {
  if (isLoopbackHost(new URL(url).hostname)) return 'http://localhost:5173'
  const anyPage = 'https://gateway-doctor.example'
  if (own === undefined) return anyPage
  const { MCP_CORS_ORIGINS } = GATEWAY_VARIABLES
  const values = readEnvironment({ MCP_CORS_ORIGINS }, environment)
  const listed: readonly string[] = values.MCP_CORS_ORIGINS
  return listed.includes('*') ? anyPage : listed[0]
}
