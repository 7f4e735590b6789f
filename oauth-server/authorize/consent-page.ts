/** The one page that asks everything: client, redirect host, service, scopes, and who is asked. */

import type Koa from 'koa'
import type { Client } from '../clients/client.ts'
import { isOutOfBand, parseLoopback } from '../clients/redirect-uri.ts'
import { nameOf } from '../login/person.ts'
import { toWays } from '../login/ways.ts'
import { renderPage } from '../pages/render.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'

export interface Question {
  readonly interactionId: string
  readonly interaction: Interaction
  readonly client: Client
  readonly login: Login | undefined
  /** What was chosen the last time, where there is a choice. */
  readonly service?: string | undefined
  /** What was wrong with the last answer, for the person. */
  readonly problem?: Phrase | undefined
}

/** What stands behind a redirect URI, as far as its form tells. */
export type Destination =
  | { readonly kind: 'web' | 'computer'; readonly host: string }
  | { readonly kind: 'application'; readonly scheme: string }
  | { readonly kind: 'copy' }

export async function showConsentPage(
  ctx: Koa.Context,
  ports: Ports,
  question: Question,
): Promise<void> {
  const { interaction, client, login, interactionId, service, problem } = question
  const { loginHint } = interaction
  renderPage(ctx, 'consent', {
    clientName: client.name,
    // Who owns the host has published what is said here, whatever name it gives itself.
    publisher: client.kind === 'document' ? new URL(client.id).host : undefined,
    standing: client.kind,
    destination: toDestination(interaction.redirectUri),
    services: await toOffers(ports, interaction, login),
    isChoice: interaction.service === undefined,
    service,
    ways: toWays(ports, { login, loginHint }),
    interactionId,
    problem: problem ?? (await toObjection(ports, interaction, login)),
  })
}

export function toDestination(uri: string): Destination {
  if (isOutOfBand(uri)) return { kind: 'copy' }
  const loopback = parseLoopback(uri)
  if (loopback !== undefined) return { kind: 'computer', host: loopback.host }
  const { protocol, host } = new URL(uri)
  return protocol === 'https:'
    ? { kind: 'web', host }
    : { kind: 'application', scheme: protocol.slice(0, -1) }
}

/** The services a page offers, each with what would be granted in words. */
export async function toOffers(
  ports: Pick<Ports, 'live' | 'scopes' | 'access'>,
  { service, requestedScopes }: Pick<Interaction, 'service' | 'requestedScopes'>,
  login: Login | undefined,
): Promise<readonly object[]> {
  const { scopes } = ports
  const names = service === undefined ? await toChoice(ports, login) : [service]
  const { addresses, services } = ports.live.current
  return names.map((name) => ({
    name,
    resource: addresses.resourceOf(name),
    description: services.get(name)?.description,
    words: scopes.describe(name, scopes.grant(name, requestedScopes)),
  }))
}

/** Said beforehand: whoever is signed in would be denied at once. */
export async function toObjection(
  { access, providers }: Pick<Ports, 'access' | 'providers'>,
  { service }: Pick<Interaction, 'service'>,
  login: Login | undefined,
): Promise<Phrase | undefined> {
  if (login === undefined || service === undefined) return undefined
  const own = await access.servicesOf(login.userId)
  if (own.includes(service)) return undefined
  return { key: 'notForYou', values: { name: nameOf(providers, login), service } }
}

/** Whoever may use nothing can still be somebody else. */
async function toChoice(
  { access }: Pick<Ports, 'access'>,
  login: Login | undefined,
): Promise<readonly string[]> {
  const own = login === undefined ? [] : await access.servicesOf(login.userId)
  return own.length > 0 ? own : await access.servicesOf(undefined)
}
