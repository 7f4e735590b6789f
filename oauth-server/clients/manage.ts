/**
 * /register/{client_id}: a client reads, replaces or deletes its registration (RFC 7592 section 2).
 *
 * It shows the registration access token. Replacing rotates that token, and the old one is dead at once, but
 * for this: the same request again gets the same answer for 30 s, since it may have been lost. Unknown
 * clients and wrong tokens are the same refusal.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { digest } from '../../lib/platform/seal.ts'
import { refuseBearer, requireBearer } from '../http/bearer-credentials.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import type { Ports } from '../ports.ts'
import { recordOutcome } from '../records/record-outcome.ts'
import { noStore } from '../steps/headers.ts'
import { limitByAddress, takeOrRefuse } from '../steps/limit-rate.ts'
import { type JsonState, readJson } from '../steps/read-json.ts'
import type { Clients } from '../store/clients.ts'
import type { Limit } from '../store/limits.ts'
import type { Client } from './client.ts'
import { type MetadataDocument, parseClientMetadata } from './metadata.ts'
import { requireAllowedHosts } from './redirect-hosts.ts'
import { REGISTRATION_BYTES_MAX } from './register.ts'
import { issueClient, toRegistrationBody } from './registration.ts'
import { openReplacement, sealReplacement } from './replacement-answer.ts'

interface ManageState extends JsonState {
  client: Client
  managementToken: string
  /** Of the last replacement, sealed, when it is the token of that one that is presented. */
  lastAnswer: string | undefined
}

type Step = Koa.Middleware<ManageState>

const BY_ADDRESS: Limit = {
  name: 'manage-client',
  burst: 600,
  perMinute: 300,
  evenWhenFull: true,
}

/** Counted when it failed, as at the token endpoint: these tokens are ours, and nobody guesses one. */
const FAILURES: Limit = { name: 'management-token', burst: 60, perMinute: 60 }

/** What is ours to set: a client that sends it means to change it (RFC 7592 section 2.2). */
const FORBIDDEN_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const

export function readClient(ports: Ports): Koa.Middleware[] {
  const steps: Step[] = [
    ...authenticated(ports),
    async function sendClient(ctx) {
      const { client, managementToken } = ctx.state
      ctx.body = toRegistrationBody(ports.gateway.addresses.issuer, client, { managementToken })
    },
  ]
  return steps
}

export function replaceClient(ports: Ports): Koa.Middleware[] {
  const { families, scopes, config, gateway } = ports
  const steps: Step[] = [
    recordChange(ports, 'replace'),
    ...authenticated(ports, { mayRepeat: true }),
    readJson(REGISTRATION_BYTES_MAX),

    async function repeatLastAnswer(ctx, next) {
      const { lastAnswer } = ctx.state
      if (lastAnswer === undefined) return await next()
      ctx.body = repeatAnswer(ctx, lastAnswer)
    },

    async function checkMembers(ctx, next) {
      requireOwnMembers(ctx.state.document, ctx.state.client)
      await next()
    },

    async function replaceClient(ctx) {
      const metadata = parseClientMetadata(ctx.state.document, scopes.supported)
      requireAllowedHosts(metadata.redirectUris, config.REGISTRATION_REDIRECT_HOSTS)
      const { client, handed } = issueClient(metadata, ctx.state.client)
      const answer = toRegistrationBody(gateway.addresses.issuer, client, handed)
      const presented = digest(ctx.state.managementToken)
      const sealed = sealReplacement(ctx.state, answer)
      const replacement = await families.clients.replace(presented, client, sealed)
      if (replacement.outcome === 'unknown') throw refused(ctx)
      if (replacement.outcome === 'repeated') {
        ctx.body = repeatAnswer(ctx, replacement.sealedAnswer)
        return
      }
      ctx.state.log.info({ client_id: client.id }, 'client replaced')
      ctx.body = answer
    },
  ]
  return steps
}

export function deleteClient(ports: Ports): Koa.Middleware[] {
  const { families, config, clock } = ports
  const steps: Step[] = [
    recordChange(ports, 'delete'),
    ...authenticated(ports),
    async function deleteClient(ctx) {
      const { client, managementToken } = ctx.state
      const expiresAt = toSeconds(clock()) + config.ACCESS_TOKEN_LIFETIME
      const isGone = await families.clients.remove(digest(managementToken), client.id, expiresAt)
      if (!isGone) throw refused(ctx)
      ctx.state.log.info({ client_id: client.id }, 'client deleted')
      ctx.status = 204
    },
  ]
  return steps
}

function recordChange(ports: Ports, verb: 'replace' | 'delete'): Step {
  return recordOutcome<ManageState>(ports, ({ client }) => ({
    action: `registration/${verb}`,
    client_id: client?.id,
    target: client?.name,
  }))
}

/** `mayRepeat`: the token of the last replacement is let through as far as to its answer. */
function authenticated({ families }: Ports, { mayRepeat = false } = {}): Step[] {
  return [
    noStore,
    limitByAddress(families.limits, BY_ADDRESS),

    async function requireManagementToken(ctx, next) {
      const managementToken = requireBearer(ctx, 'the registration access token is missing')
      const holder = await findHolder(families.clients, clientIdOf(ctx), managementToken, mayRepeat)
      if (holder === undefined) {
        await takeOrRefuse(families.limits, FAILURES, addressKey(clientAddress(ctx)))
        throw refused(ctx)
      }
      Object.assign(ctx.state, { managementToken, ...holder })
      await next()
    },
  ]
}

/**
 * The client whose token this is, or was until its last replacement. Compared and looked for though there
 * is no such client: the time taken tells nothing.
 */
async function findHolder(
  clients: Clients,
  id: string,
  managementToken: string,
  mayRepeat: boolean,
): Promise<Pick<ManageState, 'client' | 'lastAnswer'> | undefined> {
  const presented = digest(managementToken)
  const client = await clients.find(id)
  const isRight = equalInConstantTime(presented, client?.managementDigest ?? digest(''))
  const lastAnswer = isRight || !mayRepeat ? undefined : await clients.findAnswer(id, presented)
  if (client?.managementDigest === undefined) return undefined
  return isRight || lastAnswer !== undefined ? { client, lastAnswer } : undefined
}

/** With another document the token is as dead as any. */
function repeatAnswer(ctx: Koa.ParameterizedContext<ManageState>, sealed: string): object {
  const answer = openReplacement(ctx.state, sealed)
  if (answer === undefined) throw refused(ctx)
  ctx.state.log.info({ client_id: ctx.state.client.id }, 'client replacement repeated')
  return answer
}

/** The router has matched it; a client id of ours needs no decoding. */
function clientIdOf(ctx: Koa.Context): string {
  return ctx.path.slice('/register/'.length)
}

function requireOwnMembers(document: MetadataDocument, client: Client): void {
  const forbidden = FORBIDDEN_MEMBERS.find((name) => document[name] !== undefined)
  if (forbidden !== undefined) throw invalid(`${forbidden} cannot be changed: leave it out`)
  if (document['client_id'] !== client.id) {
    throw invalid('client_id must be the one of this registration')
  }
  const secret = document['client_secret']
  if (secret === undefined) return
  const isHeld =
    typeof secret === 'string' &&
    client.secretDigest !== undefined &&
    equalInConstantTime(digest(secret), client.secretDigest)
  if (!isHeld) throw invalid('client_secret cannot be chosen: send the present one or none')
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}

function refused(ctx: Koa.Context): OAuthError {
  return refuseBearer(ctx, 'this is not the registration access token of this client')
}
