/** Whether the bridge would connect to a remote server: not where its name leads to a private network by itself. */

import { isIP } from 'node:net'
import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import type { RemoteLaunch } from '../../lib/catalogue/remote-launch.ts'
import { isPublicAddress } from '../../lib/platform/outbound/public-address.ts'
import { createResolve, type Resolve } from '../../lib/platform/outbound/resolve.ts'
import { CliError } from '../cli-error.ts'

const LOOK_UP_MS_MAX = 10_000

/** @throws CliError naming the way out. */
export async function assertReachable(
  name: string,
  { url, privateAddresses }: Pick<RemoteLaunch, 'url' | 'privateAddresses'>,
  resolve: Resolve = createResolve(),
): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  // An address that stands in the file itself is what the operator meant.
  if (privateAddresses || isLoopbackHost(host) || isIP(host) !== 0) return
  const addresses = await resolve(host, AbortSignal.timeout(LOOK_UP_MS_MAX)).catch((cause) => {
    throw new CliError(`${name}: ${host} is not known to DNS.`, {
      nextStep:
        'check the address; a name of your own network needs privateAddresses (--private-addresses)',
      cause,
    })
  })
  if (addresses.every(({ address }) => isPublicAddress(address))) return
  throw new CliError(`${name}: ${host} leads to a private network.`, {
    nextStep: 'if that is your own, allow it: privateAddresses (--private-addresses)',
  })
}
