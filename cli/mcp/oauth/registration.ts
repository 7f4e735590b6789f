/** The client's own registration: read, replaced, deleted (RFC 7592). */

import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import type { KnownClient, Login } from '../store/login.ts'
import { isGone } from './register.ts'

export type Registration = KnownClient & Readonly<Record<string, unknown>>

const schema = z.looseObject({ client_id: z.string() })

/** What only the server sets: a client that sends it is refused (RFC 7592 section 2.2). */
const SERVER_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const

export async function readRegistration({ client, url }: Login): Promise<Registration> {
  return merge(client, await send(client, url, { method: 'GET' }))
}

/** All of the registration is sent: what is left out is gone (RFC 7592 section 2.2). */
export async function replaceRegistration(
  { client, url }: Login,
  changes: Readonly<Record<string, unknown>>,
): Promise<Registration> {
  const now = await send(client, url, { method: 'GET' })
  const wanted: Record<string, unknown> = { ...now, ...changes, client_id: client.client_id }
  for (const name of SERVER_MEMBERS) delete wanted[name]
  for (const [name, value] of Object.entries(wanted)) if (value === null) delete wanted[name]
  const answer = await send(client, url, { method: 'PUT', body: JSON.stringify(wanted) })
  return merge(client, answer)
}

/** @returns false when the server knew it no more. */
export async function deleteRegistration({ client }: Login): Promise<boolean> {
  const answer = await ask(client, { method: 'DELETE' })
  const body = await answer.text()
  if (!answer.ok && !isGone(answer.status)) throw refused(client, answer.status, body)
  return answer.ok
}

/** What is needed to come again stays, where an answer leaves it out. */
function merge(client: KnownClient, answer: Registration): Registration {
  const { client_secret, registration_access_token, registration_client_uri } = client
  const kept = { client_secret, registration_access_token, registration_client_uri }
  const present = Object.entries(kept).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(present), ...answer }
}

async function send(client: KnownClient, url: string, init: RequestInit): Promise<Registration> {
  const answer = await ask(client, init)
  const body = await answer.text()
  if (answer.ok) return schema.parse(JSON.parse(body)) as Registration
  throw refused(client, answer.status, body, url)
}

async function ask(client: KnownClient, init: RequestInit): Promise<Response> {
  const { registration_client_uri: uri, registration_access_token: token } = client
  if (uri === undefined || token === undefined) {
    throw new CliError(`The client ${client.client_id} was not registered by this program.`, {
      nextStep: 'who registered it can change it',
    })
  }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return await fetchBriefly(uri, { ...init, headers })
}

/** @param url of the MCP server, where a registration that is gone can be had anew. */
function refused(client: KnownClient, status: number, body: string, url?: string): CliError {
  const { registration_client_uri: uri } = client
  const isLost = url !== undefined && isGone(status)
  const otherwise =
    status === 403 ? 'the server does not let this client do that: ask its operator' : 'try again'
  return new CliError(`${uri} answered ${status}: ${body.slice(0, 500)}`, {
    nextStep: isLost ? `the registration is gone: gateway login ${url} --register` : otherwise,
  })
}
