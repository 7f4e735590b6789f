/** Sends a person to a provider, once they have decided everything that there is to decide here. */

import type Koa from 'koa'
import { toSeconds } from '../../lib/platform/clock.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import type { Ports } from '../ports.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Departure, Purpose, Ticket } from '../store/upstream-logins.ts'
import { type ProviderProblem, toProviderProblem } from './provider-problem.ts'
import type { RedirectProvider, UpstreamLogin } from './providers/provider.ts'

export interface Journey {
  readonly provider: RedirectProvider
  readonly purpose: Purpose
  /** The binding cookie that the answer has to come back with. */
  readonly browser: string
  readonly loginHint: string | undefined
  /** The person is to prove anew who they are, or wants to be somebody else. */
  readonly anew: boolean
}

/** Each departure is a record; whole schools and companies come from one address. */
export const DEPARTURES = { name: 'departures', burst: 600, perMinute: 300 }

/** Resolves with what the person has to hear when there is no way there. */
export async function depart(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  journey: Journey,
): Promise<ProviderProblem | undefined> {
  const address = addressKey(clientAddress(ctx))
  const retryAfterSeconds = await ports.families.limits.take(DEPARTURES, address)
  if (retryAfterSeconds > 0) {
    const problem = { key: 'tooMany', values: { seconds: retryAfterSeconds } }
    return { fault: 'too_many', problem, status: 429, retryAfterSeconds, isOfAccount: false }
  }
  return await sendThere(ctx, ports, journey)
}

async function sendThere(
  ctx: Koa.ParameterizedContext<LogState>,
  ports: Ports,
  journey: Journey,
): Promise<ProviderProblem | undefined> {
  const { families, access, clock, gateway } = ports
  const { provider, purpose, browser, loginHint } = journey
  const departure = {
    provider: provider.name,
    purpose,
    needs: access.needsOf(provider.name),
    loginHint,
    anew: journey.anew || (await families.upstreamLogins.wasRefused(browser)),
    departedAt: toSeconds(clock()),
  }
  const ticket = await families.upstreamLogins.open(departure, browser)
  const login = toUpstreamLogin(gateway.addresses.issuer, departure, ticket)
  try {
    const target = await provider.begin(login)
    ctx.status = 303
    ctx.set('Location', target.href)
  } catch (thrown) {
    const failure = toProviderProblem(provider, ctx.state.log, thrown)
    recordFailure(ports, provider.name, failure)
    return failure
  }
  ctx.state.log.info({ provider: provider.name, purpose: purpose.kind }, 'sent to a provider')
  return undefined
}

/** Nobody has been named by then. */
export function recordFailure(
  { records }: Pick<Ports, 'records'>,
  provider: string,
  { fault }: ProviderProblem,
): void {
  records.add({ action: 'login/sign-in', outcome: fault, details: { provider } })
}

/** The same at the beginning and at the end of a login. */
export function toUpstreamLogin(
  issuer: string,
  { provider, needs, loginHint, anew }: Departure,
  ticket: Ticket,
): UpstreamLogin {
  return { ...ticket, redirectUri: issuer + callbackPath(provider), needs, loginHint, anew }
}

/** GitHub's is the one that people have registered there already. */
export function callbackPath(provider: string): string {
  return provider === 'github' ? '/callback' : `/callback/${provider}`
}
