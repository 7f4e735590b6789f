/** Gathers the status of a gateway in containers: on the host, or from a container that is handed the list. */

import { text as readStream } from 'node:stream/consumers'
import { chooseSource } from '../../certs/source.ts'
import type { CertificateStatus } from '../../certs/status.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { readConfiguration } from '../start/configuration.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { readCertificateFigures } from './certificate-figures.ts'
import { type ContainerStatus, parseContainers } from './compose-ps.ts'
import { type ComposeFacts, type ComposeStatus, toComposeStatus } from './compose-status.ts'
import type { DockerCompose } from './docker-compose.ts'

/** Where the room in its container tells of the certificate. */
const CERTIFICATE_STATUS = '/state/certs/status.json'

export async function readComposeStatus(
  context: Context,
  compose: DockerCompose,
): Promise<ComposeStatus | undefined> {
  const containers = parse(await compose.ps())
  return containers.length === 0 ? undefined : await composeStatusOf(context, compose, containers)
}

/** @param containers of the project, as they were just found. */
export async function composeStatusOf(
  context: Context,
  compose: DockerCompose,
  containers: readonly ContainerStatus[],
): Promise<ComposeStatus> {
  const [expected, told] = await Promise.all([
    compose.services(),
    compose.read('certs', CERTIFICATE_STATUS),
  ])
  const certificate = parseCertificate(told)
  return toComposeStatus({ containers, expected, certificate, ...configurationOf(context) })
}

/** In a container nobody may ask Docker: its list comes on standard input. */
export async function readPipedStatus(context: Context): Promise<ComposeStatus> {
  const containers = parse(await readStream(context.stdin))
  const configuration = configurationOf(context)
  const certificate = await readCertificateOf(configuration.gateway, context)
  return toComposeStatus({ containers, expected: undefined, certificate, ...configuration })
}

/** A container that is just ending may tell half of it. */
function parseCertificate(text: string | undefined): CertificateStatus | null {
  try {
    return text === undefined ? null : (JSON.parse(text) as CertificateStatus)
  } catch {
    return null
  }
}

function parse(text: string): ReturnType<typeof parseContainers> {
  try {
    return parseContainers(text)
  } catch (cause) {
    throw new CliError(`That is ${(cause as Error).message}.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: 'docker compose ps --all --format json | docker compose run --rm -T status',
      cause,
    })
  }
}

/** As the containers read it: from the same files. */
function configurationOf(context: Context): Pick<ComposeFacts, 'gateway' | 'faults'> {
  try {
    return { gateway: readConfiguration(withDevelopmentTls(context)).gateway, faults: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { gateway: undefined, faults: error.faults }
  }
}

async function readCertificateOf(
  gateway: Gateway | undefined,
  { environment, workingDirectory }: Context,
): Promise<CertificateStatus | null> {
  if (gateway === undefined) return null
  const { addresses, stateDirectory, metricsPort } = gateway
  const source = chooseSource({ addresses, stateDirectory, workingDirectory }, environment)
  if (source === undefined) return null
  return await readCertificateFigures(metricsPort, source.kind, addresses.issuerHost)
}
