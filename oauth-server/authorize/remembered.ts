/**
 * Remembered consent: who need not be asked again, and for whom somebody must.
 *
 * Only a redirect target on the web proves who a client is. Any program on this machine can call itself
 * by any name and listen on any port or scheme: for those every request is the first (RFC 8252 section 8.6).
 */

import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import type { OAuthErrorCode } from '../../lib/oauth/error.ts'
import { missingScopes } from '../../lib/oauth/scope.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import type { Scopes } from '../scopes.ts'
import type { ConsentSubject } from '../store/consents.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'
import { type Access, type Approved, grantAccess } from './grant-access.ts'

type Asked = Approved & { readonly client: Client }

/** Whom nobody needs to ask, or why not (OpenID Connect Core 3.1.2.6). */
export type Verdict = Approved | { readonly obstacle: OAuthErrorCode }

export async function judgeWithoutAsking(
  ports: Ports,
  asked: {
    readonly interaction: Interaction
    readonly client: Client
    readonly login: Login | undefined
  },
): Promise<Verdict> {
  const { interaction, client, login } = asked
  const { service } = interaction
  if (login === undefined) return { obstacle: 'login_required' }
  if (service === undefined) return { obstacle: 'interaction_required' }
  if (!(await ports.access.allows(login.userId, service))) return { obstacle: 'access_denied' }
  const approved = { interaction, login, service }
  const isCovered = await isRemembered(ports, { ...approved, client })
  if (!isCovered) return { obstacle: 'consent_required' }
  // Last: whom nobody has approved must not find out by guesses who is signed in.
  const isExpected = await isMeant(ports, login, interaction)
  return isExpected ? approved : { obstacle: 'login_required' }
}

/** Named another, the client expects somebody else. A hint may be an address, where one is known. */
async function isMeant(
  { families }: Ports,
  { userId, userName }: Login,
  { expectedUserId, loginHint: hint }: Interaction,
): Promise<boolean> {
  if (expectedUserId !== undefined && expectedUserId !== userId) return false
  if (hint === undefined || hint === userName) return true
  const user = await families.users.find(userId)
  return user?.emails.includes(hint.toLowerCase()) ?? false
}

/**
 * Keeps what the person has just approved, where it can ever count: of the client as the page described it,
 * while the login stands that approved it, and unless the person has ended the access meanwhile.
 */
export async function rememberConsent(
  { families, scopes }: Ports,
  asked: Approved & Pick<Access, 'grantId'>,
): Promise<void> {
  const { interaction, login, grantId } = asked
  const { redirectUri, clientRevision: revision } = interaction
  if (revision === undefined || !provesItself(redirectUri)) return
  const terms = { scopes: toScopes(scopes, asked), revision }
  await families.consents.remember(toSubject(asked), terms, { login, grantId })
}

async function isRemembered(ports: Ports, asked: Asked): Promise<boolean> {
  if (!provesItself(asked.interaction.redirectUri)) return false
  const held = await ports.families.consents.find(toSubject(asked))
  if (held === undefined) return false
  const [revision, scopes] = [revisionOf(asked.client), toScopes(ports.scopes, asked)]
  return held.revision === revision && missingScopes(scopes, held.scopes).length === 0
}

/**
 * A code for whom nobody was asked. What was approved may be forgotten while the grant is made: looked at
 * again afterwards, so that whoever ends an access is not answered by a new one.
 */
export async function grantRemembered(
  ports: Ports,
  asked: Asked,
): Promise<{ readonly code: string } | { readonly obstacle: OAuthErrorCode }> {
  const access = await grantAccess(ports, asked)
  if (access === undefined) return { obstacle: 'login_required' }
  const { code } = access
  return (await isRemembered(ports, asked)) ? { code } : { obstacle: 'consent_required' }
}

function provesItself(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri)
  return protocol === 'https:' && !isLoopbackHost(hostname)
}

function toSubject({ interaction, login, service }: Approved): ConsentSubject {
  const { clientId, redirectUri } = interaction
  return { userId: login.userId, clientId, redirectUri, service }
}

function toScopes(scopes: Scopes, { interaction, service }: Approved): readonly string[] {
  return scopes.grant(service, interaction.requestedScopes)
}

/** A client that describes itself in another way is another one to the person. */
export function revisionOf({ kind, name, redirectUris, echoed, registeredAt }: Client): string {
  const since = kind === 'registered' ? registeredAt : undefined
  return digest(JSON.stringify([kind, name, redirectUris, echoed, since]))
}
