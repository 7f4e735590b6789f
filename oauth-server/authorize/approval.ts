/** What an approving form says: for which service, and who says so. */

import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { Params } from '../http/params.ts'
import type { Providers } from '../login/providers/provider.ts'
import type { Login } from '../store/logins.ts'
import { toUser, type User } from '../store/users.ts'

export interface Approval {
  readonly service: string
  readonly person:
    | { readonly kind: 'known'; readonly login: Login }
    | { readonly kind: 'new'; readonly user: User }
}

export interface Circumstances {
  /** The service the request named, if it named one: then there is no choice. */
  readonly asked: string | undefined
  readonly login: Login | undefined
  readonly services: Services
  readonly providers: Providers
}

/** The approval, or what the person has to hear. */
export function parseApproval(
  params: Params,
  { asked, login, services, providers }: Circumstances,
): Approval | string {
  const service = asked ?? params.get('service')
  if (service === undefined || !services.has(service)) {
    return 'Choose the service that the application may use.'
  }
  const username = params.get('username')
  const isKnown = username === undefined || username === login?.userName
  if (login !== undefined && isKnown) return { service, person: { kind: 'known', login } }
  const dev = providers.get('dev')
  const identity = dev?.kind === 'dev' ? dev.identify(username ?? '') : undefined
  if (identity !== undefined) {
    return { service, person: { kind: 'new', user: toUser('dev', identity) } }
  }
  return 'A name has 1 to 64 letters, digits, dots, dashes or underscores.'
}
