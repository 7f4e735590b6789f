/**
 * Client authentication: `none`, `client_secret_basic`, `client_secret_post` (RFC 6749 section 2.3) and
 * `private_key_jwt` (RFC 7523 section 2.2). A client with a secret may send it either way, whichever it
 * registered.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Client } from '../clients/client.ts'
import { type Credentials, parseBasicCredentials } from '../http/basic-credentials.ts'
import { clientAddress, requesterKey } from '../http/client-address.ts'
import type { Params } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { takeOrRefuse } from './limit-rate.ts'
import type { FormState } from './read-form.ts'
import {
  ASSERTION_TYPE,
  type Presentation,
  readSubject,
  verifyAssertion,
} from './verify-assertion.ts'

export interface ClientState extends FormState {
  client: Client
  /** Whether it has proved who it is; false for one that was only named. */
  hasCredentials: boolean
}

export type AuthenticationPorts = Pick<
  Ports,
  'clients' | 'findClientKey' | 'families' | 'gateway' | 'clock'
>

/** Counted when it failed: whoever knows the secret is not hindered by a neighbour that does not. */
const FAILURES = { name: 'client-authentication', burst: 60, perMinute: 60 }

export function authenticateClient(ports: AuthenticationPorts): Koa.Middleware<ClientState> {
  return async function authenticateClient(ctx, next) {
    const basic = parseBasicCredentials(ctx.get('authorization'))
    const requester = requesterKey(clientAddress(ctx))
    let sent: SentCredentials | undefined
    try {
      sent = readCredentials(basic, ctx.state.params)
      ctx.state.client = await verify(ports, sent, { requester, endpoint: ctx.path })
      ctx.state.hasCredentials = (sent.secret ?? sent.assertion) !== undefined
    } catch (error) {
      if (OAuthError.from(error).code !== 'invalid_client') throw error
      // Where no client is named nothing was guessed.
      if (sent !== undefined) {
        const subject = JSON.stringify([requester, sent.clientId])
        await takeOrRefuse(ports.families.limits, FAILURES, subject)
      }
      // RFC 6749 section 5.2: the answer names the scheme which the client used.
      if (basic !== undefined) {
        ctx.set('WWW-Authenticate', 'Basic realm="token endpoint", charset="UTF-8"')
      }
      throw error
    }
    await next()
  }
}

interface SentCredentials {
  readonly clientId: string
  readonly secret?: string | undefined
  readonly assertion?: string | undefined
}

function readCredentials(
  basic: Credentials | 'malformed' | undefined,
  params: Params,
): SentCredentials {
  const clientId = params.get('client_id')
  const secret = params.get('client_secret')
  const assertion = readAssertion(params)
  if (basic === 'malformed') throw failed('the Basic credentials cannot be read')
  if ([basic, secret, assertion].filter((way) => way !== undefined).length > 1) {
    throw new OAuthError('invalid_request', 'use one way of client authentication only')
  }
  const named = basic?.clientId ?? (assertion === undefined ? undefined : readSubject(assertion))
  // RFC 7521 section 4.2: beside the credentials it is superfluous, and then must be the same.
  if (named !== undefined && clientId !== undefined && named !== clientId) {
    throw new OAuthError('invalid_request', 'client_id is not the client of the credentials')
  }
  const id = named ?? clientId
  if (id === undefined) throw failed('no client is named')
  if (basic !== undefined) return { clientId: id, secret: basic.secret || undefined }
  return { clientId: id, secret, assertion }
}

function readAssertion(params: Params): string | undefined {
  const assertion = params.get('client_assertion')
  const type = params.get('client_assertion_type')
  if (assertion === undefined && type === undefined) return undefined
  if (assertion === undefined || type === undefined) {
    throw new OAuthError(
      'invalid_request',
      'client_assertion and client_assertion_type belong together',
    )
  }
  if (type === ASSERTION_TYPE) return assertion
  throw failed(`client_assertion_type must be ${ASSERTION_TYPE}`)
}

async function verify(
  ports: AuthenticationPorts,
  { clientId, secret, assertion }: SentCredentials,
  presentation: Presentation,
): Promise<Client> {
  const freshness = assertion === undefined ? 'held' : 'proving'
  const client = await ports.clients.find(clientId, freshness, presentation.requester)
  if (client === undefined) throw failed('unknown client')
  if (assertion !== undefined) {
    if (!maySign(client)) throw failed('client authentication failed')
    await verifyAssertion(assertion, client, presentation, ports)
    return client
  }
  if (isProved(client, secret)) return client
  throw failed('client authentication failed')
}

/** A document may say that its client is public and can sign as well. */
function maySign({ authMethod, kind }: Client): boolean {
  return authMethod === 'private_key_jwt' || kind === 'document'
}

/** A public client that sends a secret believes to be another: it is not let in as itself. */
function isProved({ authMethod, secretDigest }: Client, secret: string | undefined): boolean {
  if (authMethod === 'private_key_jwt') return false
  return secretDigest === undefined ? secret === undefined : matches(secret, secretDigest)
}

function matches(secret: string | undefined, secretDigest: string): boolean {
  return secret !== undefined && equalInConstantTime(digest(secret), secretDigest)
}

function failed(description: string): OAuthError {
  return new OAuthError('invalid_client', description)
}
