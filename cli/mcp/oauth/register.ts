/** As whom this command line goes to an authorization server: known there already, or registered now (RFC 7591). */

import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly, SOFTWARE } from '../http.ts'
import type { KnownClient } from '../store/login.ts'
import { type ServerMetadata, secureAddress } from './server-metadata.ts'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** A client that was not registered by this program. */
export interface ForeknownClient {
  readonly id?: string
  readonly secret?: string
  /** Of a client id metadata document: it is the id. */
  readonly documentUrl?: string
}

export interface Registering {
  readonly server: ServerMetadata
  /** Undefined for a login without a redirect. */
  readonly redirectUri: string | undefined
  readonly scope: string | undefined
}

/** Undefined when nothing was named. @throws CliError when the server knows no documents. */
export function foreknown(
  { id, secret, documentUrl }: ForeknownClient,
  server: ServerMetadata,
): KnownClient | undefined {
  if (id !== undefined) {
    return { client_id: id, ...(secret !== undefined && { client_secret: secret }) }
  }
  if (documentUrl === undefined) return undefined
  if (server.client_id_metadata_document_supported === true) {
    return { client_id: documentUrl, token_endpoint_auth_method: 'none' }
  }
  throw new CliError(`${server.issuer} does not read client id metadata documents.`, {
    nextStep: 'leave --client-document out: it will be registered',
  })
}

/** Whether an earlier registration serves this login too. @param now milliseconds since 1970. */
export async function isStillGood(
  client: KnownClient,
  { redirectUri, server }: Registering,
  now: number,
): Promise<boolean> {
  const { redirect_uris = [], grant_types = [], registration_client_uri: uri } = client
  if (redirectUri !== undefined && !redirect_uris.includes(redirectUri)) return false
  if (redirectUri === undefined && !grant_types.includes(DEVICE_GRANT)) return false
  if (hasEnded(client, now)) return false
  // A server of RFC 7591 alone cannot be asked.
  if (uri === undefined) return true
  return new URL(uri).origin === originOf(server) && (await isKnown(client))
}

/** 0 is a secret that never ends (RFC 7591 section 3.2.1). */
function hasEnded({ client_secret_expires_at: ends }: KnownClient, now: number): boolean {
  return typeof ends === 'number' && ends !== 0 && ends * 1000 < now
}

function originOf(server: ServerMetadata): string {
  return new URL(server.registration_endpoint ?? server.token_endpoint).origin
}

/**
 * Registrations end on the server's side too; a person would learn it from an error page. A server in trouble has
 * said nothing of it: registering anew would leave the one that exists behind.
 */
async function isKnown(client: KnownClient): Promise<boolean> {
  const { registration_client_uri: uri = '', registration_access_token: token = '' } = client
  const answer = await fetchBriefly(uri, { headers: { authorization: `Bearer ${token}` } })
  await answer.body?.cancel()
  return !isGone(answer.status)
}

/**
 * How a server says that it knows the registration no more (RFC 7592 section 2: 401). 403 is one that exists, and may
 * not be managed.
 */
export function isGone(status: number): boolean {
  return [401, 404, 410].includes(status)
}

/** @throws CliError when the server registers nobody, or not us. */
export async function register(registering: Registering): Promise<KnownClient> {
  const { server, redirectUri, scope } = registering
  if (server.registration_endpoint === undefined) {
    throw new CliError(`${server.issuer} registers no clients by itself.`, {
      nextStep: 'have one registered by its operator, then: gateway login URL --client-id ID',
    })
  }
  const asked = {
    client_name: 'gateway (command line)',
    software_id: SOFTWARE.name,
    software_version: SOFTWARE.version,
    application_type: 'native',
    redirect_uris: [redirectUri ?? 'http://127.0.0.1/callback'],
    grant_types: grantsFor(server),
    response_types: ['code'],
    token_endpoint_auth_method: authMethodFor(server),
  }
  const answer = await fetchBriefly(server.registration_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ ...asked, ...(scope !== undefined && { scope }) }),
  })
  const body = await answer.text()
  if (!answer.ok) throw rejected(server, answer.status, body)
  // What the answer leaves out is as it was asked for (RFC 7591 section 3.2.1).
  return { ...asked, ...registeredSchema.parse(JSON.parse(body)) }
}

/** The SDK's reading of it drops what manages the registration later (RFC 7592 section 3). */
const registeredSchema = z.looseObject({
  client_id: z.string(),
  client_secret: z.string().optional(),
  registration_access_token: z.string().optional(),
  registration_client_uri: secureAddress.optional(),
})

function grantsFor(server: ServerMetadata): string[] {
  const codeGrants = ['authorization_code', 'refresh_token']
  const hasDevices = server.device_authorization_endpoint !== undefined
  return hasDevices ? [...codeGrants, DEVICE_GRANT] : codeGrants
}

/**
 * A program that people install can keep no secret (RFC 8252 section 8.5), unless the server insists. Servers made with
 * the SDKs want the id in the form also beside a header, so that the form is tried before that.
 */
function authMethodFor({ token_endpoint_auth_methods_supported: known }: ServerMetadata) {
  const wanted = ['none', 'client_secret_post', 'client_secret_basic']
  return wanted.find((method) => known?.includes(method)) ?? 'none'
}

function rejected({ issuer }: ServerMetadata, status: number, body: string): CliError {
  return new CliError(`${issuer} does not register this client: ${status} ${body.slice(0, 500)}`, {
    nextStep: 'have one registered by its operator, then: gateway login URL --client-id ID',
  })
}
