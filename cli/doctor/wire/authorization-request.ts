/** The authorization request that a client sends (RFC 6749, 7636, 8707). */

import { createHash, randomBytes } from 'node:crypto'
import type { ClientProfile } from '../model/client-profile.ts'
import type { AuthorizationRequest, Facts } from '../model/facts.ts'
import { keepSecret, type Visit, withPort } from '../model/visit.ts'
import { listOf } from './words.ts'

/** What the client asks for; undefined where it names no scope. */
export function scopeFor(client: ClientProfile, facts: Facts): string | undefined {
  const listed = listOf(facts.server?.document['scopes_supported']) ?? []
  if (client.scope === 'server-metadata') return listed.join(' ') || undefined
  const offered = listOf(facts.resourceMetadata?.document['scopes_supported'])
  const asked = (facts.challenge?.scope?.split(' ') ?? offered ?? []).filter(Boolean)
  const isLasting = client.offlineAccess === true && listed.includes('offline_access')
  return [...new Set([...asked, ...(isLasting ? ['offline_access'] : [])])].join(' ') || undefined
}

/** @param clientId that of the visit's client, or another way to name it. */
export function toAuthorizationRequest(visit: Visit, clientId: string): AuthorizationRequest {
  const { client, facts } = visit
  const verifier = keepSecret(visit, randomBytes(32).toString('base64url'))
  const state = randomBytes(16).toString('base64url')
  const redirectUri = withPort(visit, client.redirectUri)
  const scope = scopeFor(client, facts)
  const resource = facts.resource
  const url = new URL(facts.server?.authorizationEndpoint ?? visit.url)
  const parameters: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: clientId,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    redirect_uri: redirectUri,
    state,
    scope,
    resource,
    prompt: scope?.includes('offline_access') === true ? client.prompt : undefined,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return { url: url.href, state, verifier, redirectUri, scope }
}
