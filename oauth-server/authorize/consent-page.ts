/** The one page that asks everything: client, redirect host, service, scopes, and who is asked. */

import type Koa from 'koa'
import type { Client } from '../clients/client.ts'
import { isOutOfBand, parseLoopback } from '../clients/redirect-uri.ts'
import { renderPage } from '../pages/render.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'

export interface Question {
  readonly interactionId: string
  readonly interaction: Interaction
  readonly client: Client
  readonly login: Login | undefined
  /** What was wrong with the last answer, for the person. */
  readonly problem?: string
}

/** What stands behind a redirect URI, as far as its form tells. */
export type Destination =
  | { readonly kind: 'web' | 'computer'; readonly host: string }
  | { readonly kind: 'application'; readonly scheme: string }
  | { readonly kind: 'copy' }

export function showConsentPage(ctx: Koa.Context, ports: Ports, question: Question): void {
  const { interaction, client, login, interactionId, problem } = question
  renderPage(ctx, 'consent', {
    title: 'Allow access?',
    clientName: client.name ?? 'An application without a name',
    // Who owns the host has published what is said here, whatever name it gives itself.
    publisher: client.kind === 'document' ? new URL(client.id).host : undefined,
    destination: toDestination(interaction.redirectUri),
    services: toOffers(ports, interaction),
    isChoice: interaction.service === undefined,
    userName: login?.userName,
    loginHint: toUsername(ports, interaction.loginHint),
    interactionId,
    problem,
  })
}

/** A hint that the dev provider takes for a name. */
function toUsername({ providers }: Ports, hint: string | undefined): string | undefined {
  const dev = providers.get('dev')
  return dev?.kind === 'dev' ? dev.identify(hint ?? '')?.name : undefined
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
export function toOffers(
  { gateway, scopes }: Ports,
  { service, requestedScopes }: Pick<Interaction, 'service' | 'requestedScopes'>,
): object[] {
  const names = service === undefined ? [...gateway.services.keys()] : [service]
  return names.map((name) => ({
    name,
    resource: gateway.addresses.resourceOf(name),
    description: gateway.services.get(name)?.description,
    words: scopes.describe(name, scopes.grant(name, requestedScopes)),
  }))
}
