/** Tells people whom the rules do not let in who they are here, and what they can do about it. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { renderPage } from '../pages/render.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import { nameOf, type Present } from './person.ts'

export interface Refusal {
  readonly person: Present
  /** The service that is not for them; undefined: they may not in at all. */
  readonly service: string | undefined
  /** The binding cookie of their browser. */
  readonly browser: string
}

/** The form that leads back, to try another account. */
export interface WayBack {
  readonly method: 'get' | 'post'
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** The provider would name the same account again: the next login from this browser asks which. */
export async function noteRefusal(
  ctx: Koa.ParameterizedContext<LogState>,
  { families }: Ports,
  { person, service, browser }: Refusal,
): Promise<void> {
  await families.upstreamLogins.markRefused([browser])
  const { userId } = subjectOf(person)
  ctx.state.log.info({ user: userId, service }, 'refused: the rules do not let them in')
}

/** For the client, and whoever reads what it shows. */
export function toAccessDenied(ports: Ports, { person, service }: Refusal): OAuthError {
  const name = nameOf(ports.providers, subjectOf(person))
  const what = service === undefined ? 'this gateway' : `the service ${service} of this gateway`
  return new OAuthError('access_denied', `${name} may not use ${what}: ask whoever runs it`)
}

export function showRefusedPage(
  ctx: Koa.Context,
  { providers, gateway }: Ports,
  { person, service }: Refusal,
  back: WayBack,
): void {
  renderPage(ctx, 'refused', {
    name: nameOf(providers, subjectOf(person)),
    service,
    help: gateway.branding.help,
    back,
  })
  ctx.status = 403
}

function subjectOf(person: Present): { readonly userId: string; readonly userName: string } {
  if (person.kind === 'known') return person.login
  const { id, name } = person.arrival.user
  return { userId: id, userName: name }
}
