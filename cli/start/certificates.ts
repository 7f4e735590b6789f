/** What a start must know of certificates: where they come from, and that what this needs is there. */

import { readPair } from '../../certs/files.ts'
import { PairFault } from '../../certs/pair.ts'
import type { CertificateSource } from '../../certs/source.ts'
import type { Addresses } from '../../lib/catalogue/addresses.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { byVariable, type Ports } from '../../lib/catalogue/ports.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { Progress } from '../embedded/progress.ts'
import { requireFreePorts } from '../instance/ports.ts'
import type { CertificatesPlan } from '../supervisor/certs-part.ts'
import { planLego } from './lego.ts'
import type { Settings } from './settings.ts'

const PLAIN_PORT = 80

/** @throws CliError when the certificate of this source cannot be served. */
export function requireCertificate(
  source: CertificateSource | undefined,
  { loopback, issuer }: Pick<Addresses, 'loopback' | 'issuer'>,
): void {
  if (source?.kind === 'development' && !loopback) {
    throw new CliError(`--tls makes certificates for this machine alone, and not for ${issuer}.`, {
      nextStep: 'leave it out, and set ACME_EMAIL; docs/certificates.md says more',
    })
  }
  if (source?.kind !== 'own') return
  try {
    readPair(source.folder)
  } catch (error) {
    if (!(error instanceof PairFault)) throw error
    const ways = loopback ? 'start with --tls' : 'set ACME_EMAIL to have one made'
    throw new CliError(`PUBLIC_URL is https, but ${error.message}.`, {
      nextStep: `put certificate and key into ${source.folder}, or ${ways}; docs/certificates.md says how`,
    })
  }
}

interface CertificatesOptions {
  readonly context: Pick<Context, 'environment'>
  readonly settings: Pick<Settings, 'gateway' | 'httpPort' | 'certificates'>
  readonly progress: Pick<Progress, 'note'>
  /** Ports that are free by the time they are needed. */
  readonly own?: readonly number[]
}

/** @throws CliError when a port or a program is missing. */
export async function planCertificates(
  options: CertificatesOptions,
  addresses: readonly string[],
): Promise<CertificatesPlan | undefined> {
  const { context, settings } = options
  const source = settings.certificates
  if (source === undefined) return undefined
  const plainPort = await planPlainPort(options, addresses, source)
  const lego = source.kind === 'acme' ? await planLego(context.environment) : undefined
  return { plainPort, lego }
}

/**
 * Where plain HTTP is sent on to https; 0 is nowhere.
 * @param httpPort as the operator said.
 * @throws CliError when it cannot be there.
 */
export function choosePlainPort(
  source: CertificateSource,
  httpPort: number | undefined,
  gateway: Pick<Gateway, keyof Ports | 'addresses'>,
): number {
  const port = httpPort ?? (gateway.addresses.loopback ? 0 : PLAIN_PORT)
  if (port === 0 && isAskedThere(source)) throw askedNowhere()
  requireOtherPort(port, gateway)
  return port
}

/** By an authority, so that there must be one. */
function isAskedThere(source: CertificateSource): boolean {
  return source.kind === 'acme' && source.challenge === 'http'
}

async function planPlainPort(
  { settings: { gateway, httpPort }, progress, own }: CertificatesOptions,
  addresses: readonly string[],
  source: CertificateSource,
): Promise<number | undefined> {
  const port = choosePlainPort(source, httpPort, gateway)
  if (port === 0) return undefined
  if (own?.includes(port)) return port
  const refusal = await whyNotFree(port, addresses)
  if (refusal === undefined) return port
  if (httpPort !== undefined) throw refusal
  if (isAskedThere(source)) throw neededByAuthority(refusal)
  // Nobody asked for it: without it everything works but old bookmarks.
  progress.note(`${refusal.message} Nobody who types http:// is sent on to https.`)
  return undefined
}

async function whyNotFree(
  port: number,
  addresses: readonly string[],
): Promise<CliError | undefined> {
  try {
    await requireFreePorts([{ variable: 'GATEWAY_HTTP_PORT', port, addresses }])
    return undefined
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
}

function askedNowhere(): CliError {
  return new CliError('The authority asks over plain HTTP, and GATEWAY_HTTP_PORT is 0.', {
    nextStep: 'let it be 80, or set ACME_DNS_PROVIDER',
  })
}

function neededByAuthority(cause: CliError): CliError {
  return new CliError(`${cause.message} The authority that certifies the names asks there.`, {
    nextStep:
      'free it or allow it (sysctl net.ipv4.ip_unprivileged_port_start=80), let something pass port 80 on to the one that GATEWAY_HTTP_PORT names, or set ACME_DNS_PROVIDER',
    cause,
  })
}

/** @throws CliError when what is for plain HTTP serves something else. */
export function requireOtherPort(port: number, gateway: Ports): void {
  const [variable] = byVariable(gateway).find(([, other]) => other === port) ?? []
  if (variable === undefined) return
  throw new CliError(`GATEWAY_HTTP_PORT and ${variable} are both ${port}.`, {
    nextStep: 'let one of them be another: plain HTTP is only sent on to https',
  })
}
