/** Looks whether the answers will work: names, ports, and what the provider says of the client. */

import type { LookupAddress } from 'node:dns'
import { networkInterfaces } from 'node:os'
import { createResolve, type Resolve } from '../../../lib/platform/outbound/resolve.ts'
import type { Answers, ProviderAnswer } from '../answers.ts'
import type { Finding } from '../finding.ts'
import { checkGitHub } from './github.ts'
import { checkNames } from './names.ts'
import { checkOidc } from './oidc.ts'
import { checkPorts, type PortState, portStateOf } from './ports.ts'

export interface Checks {
  place(where: Pick<Answers, 'place' | 'port'>): Promise<readonly Finding[]>
  /** @param redirectUri where the provider will send people back to. */
  provider(answer: ProviderAnswer, redirectUri: string): Promise<readonly Finding[]>
}

export interface CheckPorts {
  readonly resolve: Resolve
  /** Addresses of this machine's own. */
  readonly ownAddresses: () => readonly string[]
  readonly portState: (port: number) => Promise<PortState>
}

export interface CheckOptions {
  /** Where people log in at GitHub, without a trailing slash. */
  readonly gitHubUrl: string
  /** Whether containers will listen, and Docker opens their ports. */
  readonly isCompose: boolean
}

/** Plain http is answered there, and an authority asks there. */
const HTTP_PORT = 80

export const NO_CHECKS: Checks = { place: async () => [], provider: async () => [] }

export function createChecks(options: CheckOptions, ports = systemPorts(options)): Checks {
  return {
    async place({ place, port }) {
      const wanted = place.kind === 'domain' ? [port, HTTP_PORT] : [port]
      const names = place.kind === 'domain' ? await checkNames(place.domain, ports) : []
      return [...names, ...(await checkPorts(wanted, ports.portState, options))]
    },
    async provider(answer, redirectUri) {
      if (answer.kind === 'github') return [await checkGitHub(answer, options.gitHubUrl)]
      return answer.kind === 'oidc' ? await checkOidc(answer, redirectUri) : []
    },
  }
}

function systemPorts({ isCompose }: CheckOptions): CheckPorts {
  return {
    resolve: createResolve(),
    ownAddresses: () => Object.values(networkInterfaces()).flatMap(addressesOf),
    portState: (port) => portStateOf(port, { mayListen: !isCompose }),
  }
}

function addressesOf(entries: readonly Pick<LookupAddress, 'address'>[] = []): string[] {
  return entries.map(({ address }) => address)
}
