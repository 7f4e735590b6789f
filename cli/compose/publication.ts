/** Where the engine publishes the gateway (`envoy/ports.yaml`), and whether that fits the address it goes by. */

import type { Addresses } from '../../lib/catalogue/addresses.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'

const HTTPS_PORT = '443'
/** As Docker takes it: an address, never a name. */
const LOOPBACK = /^(?:127\.|\[?::1\]?$)/

/** With a domain of its own the gateway is at the port of https, which then is that of the container too. */
export function withPublishedPort(environment: Environment): Environment {
  const { GATEWAY_PORT = '', BASE_DOMAIN = '' } = environment
  const isNamed = GATEWAY_PORT !== '' || BASE_DOMAIN === ''
  return isNamed ? environment : { ...environment, GATEWAY_PORT: HTTPS_PORT }
}

/** @throws CliError when others could reach what is for this machine alone, or nobody could. */
export function requireFittingPublication(
  { loopback, issuer }: Pick<Addresses, 'loopback' | 'issuer'>,
  environment: Environment,
): void {
  const { GATEWAY_PUBLISH_ADDRESS: named = '', BASE_DOMAIN = '' } = environment
  if (!loopback) requirePlainPort(environment)
  const address = named === '' ? (BASE_DOMAIN === '' ? '127.0.0.1' : '0.0.0.0') : named
  const isLocal = LOOPBACK.test(address)
  if (loopback && !isLocal) {
    throw new CliError(
      `${issuer} is for this machine alone, and would be published on ${address}.`,
      { nextStep: 'write GATEWAY_PUBLISH_ADDRESS=127.0.0.1 into .env' },
    )
  }
  // Whoever names loopback has something in front that leads there.
  if (loopback || !isLocal || named !== '') return
  throw new CliError(`${issuer} would be published on ${address} alone: nobody could reach it.`, {
    nextStep:
      'write GATEWAY_PUBLISH_ADDRESS=0.0.0.0 into .env, or 127.0.0.1 where a proxy of yours stands in front',
  })
}

/** Plain HTTP is published with a domain alone: an authority that asks there would be answered by nobody. */
function requirePlainPort({
  BASE_DOMAIN = '',
  ACME_EMAIL = '',
  ACME_DNS_PROVIDER = '',
  GATEWAY_HTTP_PORT = '',
}: Environment): void {
  if (BASE_DOMAIN !== '' && GATEWAY_HTTP_PORT === '0') {
    throw new CliError('GATEWAY_HTTP_PORT=0 means nothing to Docker, which publishes that port.', {
      nextStep: 'take it out of .env, and close the port before the machine',
    })
  }
  if (BASE_DOMAIN !== '' || ACME_EMAIL === '' || ACME_DNS_PROVIDER !== '') return
  throw new CliError('Port 80, where the authority asks, is published with BASE_DOMAIN alone.', {
    nextStep:
      'write BASE_DOMAIN in the place of PUBLIC_URL into .env, or prove the names by DNS: ACME_DNS_PROVIDER',
  })
}
