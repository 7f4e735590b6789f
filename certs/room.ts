/** The room as a whole: a pair is served from the first moment on, and the best one there is from then on. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import type { Clock } from '../lib/platform/clock.ts'
import { ConfigError, type Environment } from '../lib/platform/environment.ts'
import { createFigures } from '../lib/platform/figures.ts'
import type { Stop } from '../lib/platform/lifecycle.ts'
import type { Log } from '../lib/platform/log.ts'
import { listenOnSocket } from '../lib/platform/unix-socket.ts'
import { acmeIssuer } from './acme.ts'
import { attemptsFile, uncountedAttempts } from './attempts-file.ts'
import { createChallengeServer } from './challenge-server.ts'
import type { CertsConfig } from './config.ts'
import { developmentIssuer } from './development.ts'
import { watchExpiry } from './expiry.ts'
import { certificateFolder, FOLDERS } from './files.ts'
import { makePlaceholder } from './making.ts'
import { developmentNames, hostNames, missingNames, wildcardNames } from './names.ts'
import { OwnFiles } from './own-files.ts'
import { type Pair, toPair } from './pair.ts'
import { publishPair, readServed, type Served } from './publish.ts'
import { Renewal } from './renewal.ts'
import { type CertificateSource, chooseSource } from './source.ts'
import { PLACEHOLDER_ORIGIN, statusFile, type Told, tellCertificate } from './status.ts'

export interface CertsPorts {
  readonly config: CertsConfig
  readonly environment: Environment
  readonly workingDirectory: string
  readonly live: LiveGateway
  readonly clock: Clock
  readonly log: Log
}

/** What the sources share. */
interface Room extends CertsPorts {
  readonly folder: string
  readonly webroot: string
  served(): Served
  publish(served: Served): void
  changed(): void
}

/** One way of getting certificates, running. */
interface Supply {
  readonly fault: string | undefined
  readonly nextAttemptAt: number | undefined
  start(): void
  namesChanged(): void
  stop(): Promise<void> | void
}

export async function startCertificates(ports: CertsPorts): Promise<Stop> {
  const { config, live, clock, log } = ports
  const source = sourceOf(ports)
  const folder = certificateFolder(live.current.stateDirectory)
  const webroot = join(folder, 'webroot')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const servedFolder = join(folder, FOLDERS.served)
  let served = await firstServed(servedFolder, ports)
  let supply: Supply | undefined
  const told = (): Told => ({
    source: source.kind,
    served,
    missing: missingNames(served.pair, live.current),
    fault: supply?.fault,
    nextAttemptAt: supply?.nextAttemptAt,
  })
  const changed = statusFile(folder, told, log)
  const publish = (next: Served): void => {
    publishPair(servedFolder, next)
    served = next
  }
  supply = await openSupply(source, {
    ...ports,
    ...{ folder, webroot, served: () => served, publish, changed },
  })
  const figures = createFigures()
  tellCertificate(figures, told)
  const server = createChallengeServer({ webroot, metrics: () => figures.render() })
  await listenOnSocket(server, config.CERTS_SOCKET)
  changed()
  if (served.origin === PLACEHOLDER_ORIGIN) {
    log.warn('there is no certificate yet: a placeholder is served, which no client trusts')
  }
  const endWatch = watchExpiry(() => served.pair, clock, log)
  const endNames = live.onChange(() => supply.namesChanged())
  supply.start()
  return async () => {
    endNames()
    endWatch()
    server.close()
    await supply.stop()
    server.closeAllConnections()
  }
}

/** Over plain HTTP there is nothing to certify. */
export async function serveNothing(socketPath: string): Promise<Stop> {
  const figures = createFigures()
  const server = createChallengeServer({
    webroot: '/nonexistent',
    metrics: () => figures.render(),
  })
  await listenOnSocket(server, socketPath)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

function sourceOf({ live, environment, workingDirectory }: CertsPorts): CertificateSource {
  const { addresses, stateDirectory } = live.current
  const source = chooseSource({ addresses, stateDirectory, workingDirectory }, environment)
  if (source !== undefined) return source
  throw new ConfigError(['PUBLIC_URL is http: no certificate is needed'])
}

/** What was served before, if it is for us; a placeholder is better than nothing. */
async function firstServed(folder: string, { live, clock }: CertsPorts): Promise<Served> {
  const names = hostNames(live.current)
  const [issuer = ''] = names
  const before = readServed(folder)
  const isStale = before?.origin === PLACEHOLDER_ORIGIN && before.pair.notAfter < clock()
  if (before?.pair.covers(issuer) === true && !isStale) return before
  const { certificate, key } = await makePlaceholder(names, clock())
  const placeholder = { pair: toPair(certificate, key), origin: PLACEHOLDER_ORIGIN }
  publishPair(folder, placeholder)
  return placeholder
}

async function openSupply(source: CertificateSource, room: Room): Promise<Supply> {
  const { live, folder, clock, log } = room
  if (source.kind === 'own') {
    const missing = (pair: Pair): string[] => missingNames(pair, live.current)
    return ownSupply(new OwnFiles({ ...room, folder: source.folder, missing }))
  }
  if (source.kind === 'acme') {
    const toNames = source.challenge === 'dns' ? wildcardNames : hostNames
    const attempts = attemptsFile(join(folder, 'attempts.json'), log)
    const names = (): string[] => toNames(live.current)
    return renewalSupply(new Renewal({ ...room, issuer: acmeIssuer(room), names, attempts }))
  }
  const renewal = new Renewal({
    ...room,
    issuer: await developmentIssuer(folder, clock),
    names: () => developmentNames(live.current),
    attempts: uncountedAttempts(),
  })
  // Made in no time: nobody need see a placeholder.
  await renewal.settle()
  return renewalSupply(renewal)
}

function ownSupply(files: OwnFiles): Supply {
  files.look()
  return {
    get fault() {
      return files.fault
    },
    nextAttemptAt: undefined,
    start: () => files.start(),
    namesChanged: () => files.namesChanged(),
    stop: () => files.stop(),
  }
}

function renewalSupply(renewal: Renewal): Supply {
  return {
    get fault() {
      return renewal.state.fault
    },
    get nextAttemptAt() {
      return renewal.state.nextAttemptAt
    },
    start: () => renewal.start(),
    namesChanged: () => renewal.namesChanged(),
    stop: () => renewal.stop(),
  }
}
