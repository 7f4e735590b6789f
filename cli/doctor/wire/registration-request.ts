/** The registration that a client sends (RFC 7591), and the end of it (RFC 7592). */

import type { Facts, KnownClient, Registration } from '../model/facts.ts'
import { headersOf, keepSecret, type Visit, withPort } from '../model/visit.ts'
import { scopeFor } from './authorization-request.ts'
import type { HttpAnswer } from './http.ts'
import { objectOf, textOf } from './words.ts'

/** @param redirectUris those of the client, or some of them. */
export async function sendRegistration(
  visit: Visit,
  endpoint: string,
  redirectUris: readonly string[] = visit.client.redirectUris.map((one) => withPort(visit, one)),
): Promise<HttpAnswer> {
  const { client, http, facts } = visit
  const scope = client.registersScope === true ? scopeFor(client, facts) : undefined
  const body = {
    client_name: `gateway doctor (${client.name})`,
    redirect_uris: redirectUris,
    ...client.registration,
    ...(scope !== undefined && { scope }),
  }
  const headers = {
    ...headersOf(visit),
    'content-type': 'application/json',
    accept: 'application/json',
  }
  const answer = await http({ url: endpoint, method: 'POST', headers, body: JSON.stringify(body) })
  const registration = readRegistration(visit, answer)
  if (registration !== undefined) {
    visit.leftBehind.set(registration.uri, () => endRegistration(visit, registration))
  } else {
    const clientId = textOf(objectOf(answer)?.['client_id'])
    if (clientId !== undefined) visit.stays.add(clientId)
  }
  return answer
}

/** Undefined where the server gives no way to manage it. */
export function readRegistration(visit: Visit, answer: HttpAnswer): Registration | undefined {
  const body = objectOf(answer) ?? {}
  const [clientId, uri, token] = [
    textOf(body['client_id']),
    textOf(body['registration_client_uri']),
    textOf(body['registration_access_token']),
  ]
  if (clientId === undefined || uri === undefined || token === undefined) return undefined
  return { clientId, uri, token: keepSecret(visit, token) }
}

const METHODS: readonly KnownClient['authMethod'][] = [
  'none',
  'client_secret_post',
  'client_secret_basic',
]

/** As clients read it: the method of the answer, else by whether there is a secret. */
export function readClient(visit: Visit, answer: HttpAnswer): KnownClient | undefined {
  const body = objectOf(answer) ?? {}
  const [clientId, clientSecret] = [textOf(body['client_id']), textOf(body['client_secret'])]
  if (clientId === undefined) return undefined
  if (clientSecret !== undefined) keepSecret(visit, clientSecret)
  const told = METHODS.find((method) => method === body['token_endpoint_auth_method'])
  const authMethod = told ?? (clientSecret === undefined ? 'none' : 'client_secret_basic')
  return { clientId, clientSecret, authMethod }
}

export function endRegistration(visit: Visit, { uri, token }: Registration): Promise<HttpAnswer> {
  const headers = { ...headersOf(visit), authorization: `Bearer ${token}` }
  return visit.http({ url: uri, method: 'DELETE', headers })
}

/** Whether the server still knows it. */
export async function isRegistered(visit: Visit, { uri, token }: Registration): Promise<boolean> {
  const headers = { ...headersOf(visit), authorization: `Bearer ${token}` }
  return (await visit.http({ url: uri, headers })).status < 300
}

export function registrationEndpoint({ server }: Facts): string | undefined {
  return textOf(server?.document['registration_endpoint'])
}
