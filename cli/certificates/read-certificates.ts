/** Where certificates are found: of a gateway on this machine, of one in containers, of any server. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { certificateFiles, certificateFolder, FOLDERS, readPair } from '../../certs/files.ts'
import { PairFault } from '../../certs/pair.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { portsOf } from '../administration/edge-knock.ts'
import { CliError } from '../cli-error.ts'
import { STATE } from '../compose/places.ts'
import type { Context } from '../context.ts'
import type { RunningGateway } from '../instance/control-client.ts'
import { askEnvoy, publicPort } from '../instance/envoy-admin.ts'
import type { ComposeStatus } from '../status/compose-status.ts'
import type { DockerCompose } from '../status/docker-compose.ts'
import { authoritiesHere, authoritiesInCompose } from './authorities.ts'
import { type HandshakePlace, shakeHands } from './handshake.ts'
import { readLoaded } from './loaded.ts'
import type { FilesRead, ServedAsked, SslFacts } from './ssl-report.ts'

export type Found = Omit<SslFacts, 'days' | 'now'>

const ADMIN_MS = 3000
const THIS_MACHINE = '127.0.0.1'

/** @throws CliError for one without TLS. */
export async function readEmbedded({ status, socketPath }: RunningGateway): Promise<Found> {
  const { certificate, public_url, services, state_directory } = status
  if (certificate === null) throw withoutTls(public_url)
  const names = namesOf(public_url, services)
  return {
    status: certificate,
    files: readFiles(join(certificateFolder(state_directory), FOLDERS.served)),
    ...(await askServing(dirname(socketPath), names, authoritiesHere(status))),
  }
}

/** The files can be told of though Envoy does not answer. @param sockets their folder. */
async function askServing(
  sockets: string,
  names: readonly string[],
  authorities: readonly string[],
): Promise<Pick<Found, 'loaded' | 'served' | 'faults'>> {
  try {
    const port = await publicPort(sockets)
    const loaded = readLoaded(await askEnvoy(sockets, '/certs'))
    return {
      loaded,
      served: await askAll(names, { host: THIS_MACHINE, port, authorities }),
      faults: [],
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const fault = `Envoy does not say what it serves (${reason}): gateway status, then gateway logs envoy`
    return { loaded: undefined, served: [], faults: [fault] }
  }
}

/** Its key stays in its container: that it fits is shown by the handshake. */
export async function readInCompose(
  context: Context,
  compose: DockerCompose,
  { certificate, public_url, services }: ComposeStatus,
): Promise<Found> {
  if (certificate === null || public_url === null) throw withoutTls(public_url ?? 'this gateway')
  const folder = join(certificateFolder(STATE), FOLDERS.served)
  const [chain, authorities] = await Promise.all([
    compose.read('certs', `${folder}/tls.crt`),
    authoritiesInCompose(compose, certificate),
  ])
  const port = await firstOpen(public_url, portsOf(public_url, context.environment))
  return {
    status: certificate,
    loaded: await askLoaded(context),
    files: chain === undefined ? undefined : { folder: `certs:${folder}`, chain, keyMatches: null },
    served: await askAll(namesOf(public_url, services), { host: THIS_MACHINE, port, authorities }),
    faults: [],
  }
}

/** The page is published on this machine alone; without it the handshake says enough. */
async function askLoaded({ environment, workingDirectory }: Context): Promise<Found['loaded']> {
  const { adminPort } = readGateway(environment, workingDirectory)
  try {
    const signal = AbortSignal.timeout(ADMIN_MS)
    const answer = await fetch(`http://127.0.0.1:${adminPort}/certs`, { signal })
    return readLoaded(await answer.text())
  } catch {
    return undefined
  }
}

/** Of whoever answers there. */
export async function readElsewhere(url: URL): Promise<Found> {
  const port = Number(url.port) || 443
  const served = await askAll([url.hostname], { host: url.hostname, port })
  return { status: undefined, files: undefined, loaded: undefined, served, faults: [] }
}

function withoutTls(url: string): CliError {
  return new CliError(`${url} is served without TLS: there is no certificate.`, {
    nextStep: 'npm start -- --tls for https on this machine, or docs/certificates.md',
  })
}

/** Issuer and services, each once. */
function namesOf(publicUrl: string, services: readonly { readonly url: string }[]): string[] {
  return [
    ...new Set([publicUrl, ...services.map(({ url }) => url)].map((url) => new URL(url).hostname)),
  ]
}

function readFiles(folder: string): FilesRead | undefined {
  let chain: string
  try {
    chain = readFileSync(certificateFiles(folder).chain, 'utf8')
  } catch {
    // Nothing is there yet; what is served says the rest.
    return undefined
  }
  try {
    readPair(folder)
    return { folder, chain, keyMatches: true }
  } catch (error) {
    if (!(error instanceof PairFault)) throw error
    return { folder, chain, keyMatches: false }
  }
}

function askAll(
  names: readonly string[],
  place: Omit<HandshakePlace, 'name'>,
): Promise<ServedAsked[]> {
  return Promise.all(
    names.map(async (name) => {
      const handshake = await shakeHands({ ...place, name }).catch((error: Error) => error)
      return { name, port: place.port, handshake }
    }),
  )
}

/** The last where none is. */
async function firstOpen(publicUrl: string, ports: readonly number[]): Promise<number> {
  const name = new URL(publicUrl).hostname
  const tried = await Promise.all(
    ports.map((port) =>
      shakeHands({ host: THIS_MACHINE, port, name }).then(
        () => port,
        () => undefined,
      ),
    ),
  )
  return tried.find((port) => port !== undefined) ?? ports.at(-1) ?? 443
}
