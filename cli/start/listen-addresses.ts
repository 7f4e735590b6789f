/** Where Envoy listens: this machine alone while the issuer is loopback, else everywhere. */

import type { Addresses } from '../../lib/catalogue/addresses.ts'

export function listenAddresses(
  { loopback }: Pick<Addresses, 'loopback'>,
  ipv6: boolean,
): string[] {
  const [four, six] = loopback ? ['127.0.0.1', '::1'] : ['0.0.0.0', '::']
  return ipv6 ? [four, six] : [four]
}
