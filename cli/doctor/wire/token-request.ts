/** Requests of the token endpoint and its neighbours, with the client's way to prove itself (RFC 6749 section 2.3.1). */

import type { AuthorizationRequest, Tokens } from '../model/facts.ts'
import { headersOf, keepSecret, type Visit } from '../model/visit.ts'
import type { HttpAnswer } from './http.ts'
import { objectOf, textOf } from './words.ts'

export type Fields = Readonly<Record<string, string | undefined>>

export function sendForm(visit: Visit, url: string, fields: Fields): Promise<HttpAnswer> {
  const { clientId = '', clientSecret = '', authMethod = 'none' } = visit.facts.client ?? {}
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
  const headers: Record<string, string> = {
    ...headersOf(visit),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  if (authMethod === 'client_secret_basic') {
    const pair = [clientId, clientSecret].map(encodeURIComponent).join(':')
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  } else {
    body.set('client_id', clientId)
    if (authMethod === 'client_secret_post') body.set('client_secret', clientSecret)
  }
  return visit.http({ url, method: 'POST', headers, body: body.toString() })
}

export interface CodeWish extends Pick<AuthorizationRequest, 'redirectUri' | 'verifier'> {
  readonly code: string
}

export function sendCode(
  visit: Visit,
  { code, redirectUri, verifier }: CodeWish,
): Promise<HttpAnswer> {
  const { facts } = visit
  return sendForm(visit, facts.server?.tokenEndpoint ?? '', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource: facts.resource,
  })
}

export function sendRefresh(visit: Visit, refreshToken: string): Promise<HttpAnswer> {
  const { client, facts } = visit
  return sendForm(visit, facts.server?.tokenEndpoint ?? '', {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    resource: facts.resource,
    ...(client.refreshesScope === true && { scope: facts.request?.scope }),
  })
}

/** Undefined for what is no token answer (RFC 6749 section 5.1). */
export function readTokens(visit: Visit, answer: HttpAnswer): Tokens | undefined {
  const body = objectOf(answer) ?? {}
  const [accessToken, refreshToken] = [textOf(body['access_token']), textOf(body['refresh_token'])]
  const isBearer = /^bearer$/i.test(textOf(body['token_type']) ?? '')
  if (answer.status >= 300 || accessToken === undefined || !isBearer) return undefined
  if (refreshToken !== undefined) keepSecret(visit, refreshToken)
  return { accessToken: keepSecret(visit, accessToken), refreshToken, scope: textOf(body['scope']) }
}

/** What a refresh leaves the client with: the new refresh token, or the one that it presented where no new one came. */
export function takeRefreshed({ facts }: Visit, presented: string, tokens: Tokens): void {
  facts.tokens = { ...facts.tokens, ...tokens }
  facts.usedRefreshToken = presented
  facts.refreshToken = tokens.refreshToken ?? presented
}

/** Ends what is alive, whatever the outcome of the walk. */
export async function revokeAll(visit: Visit): Promise<void> {
  const { tokens, refreshToken } = visit.facts
  await revokeEach(visit, [refreshToken, tokens?.accessToken])
}

export async function revokeEach(
  visit: Visit,
  tokens: readonly (string | undefined)[],
): Promise<void> {
  const endpoint = textOf(visit.facts.server?.document['revocation_endpoint'])
  if (endpoint === undefined) return
  for (const token of tokens) {
    if (token !== undefined) await sendForm(visit, endpoint, { token })
  }
}
