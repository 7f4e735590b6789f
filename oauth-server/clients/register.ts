/** POST /register: dynamic client registration (RFC 7591 section 3). */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { digest, randomText } from '../../lib/platform/seal.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { refuseBearer, requireBearer } from '../http/bearer-credentials.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import type { Ports } from '../ports.ts'
import { recordOutcome } from '../records/record-outcome.ts'
import { noStore } from '../steps/headers.ts'
import { limitByAddress, refuseIfTaken, takeOrRefuse } from '../steps/limit-rate.ts'
import { type JsonState, readJson } from '../steps/read-json.ts'
import type { Limit, Limits } from '../store/limits.ts'
import type { Client } from './client.ts'
import { parseClientMetadata } from './metadata.ts'
import { requireAllowedHosts } from './redirect-hosts.ts'
import { issueClient, toRegistrationBody } from './registration.ts'

export const REGISTRATION_BYTES_MAX = 16_384
const CLIENT_ID_BYTES = 16

/** Thousands share the address of a class room or of a client in the cloud. */
const BY_ADDRESS: Limit = { name: 'register', burst: 3000, perMinute: 300 }

/** Counted when it is wrong, and then right ones wait as well: an operator may have chosen it short. */
const WRONG_TOKENS: Limit = { name: 'registration-token', burst: 60, perMinute: 60 }

const FULL_SECONDS = 60

interface RegisterState extends JsonState {
  client: Client
}

export function register(ports: Ports): Koa.Middleware<RegisterState>[] {
  const { families, scopes, clock, config, gateway } = ports
  return [
    noStore,
    recordOutcome<RegisterState>(ports, ({ client }) => ({
      action: 'registration/create',
      client_id: client?.id,
      target: client?.name,
    })),
    requireInitialToken(config.REGISTRATION_TOKEN, families.limits),
    limitByAddress(families.limits, BY_ADDRESS),
    readJson(REGISTRATION_BYTES_MAX),

    async function registerClient(ctx) {
      const metadata = parseClientMetadata(ctx.state.document, scopes.supported)
      requireAllowedHosts(metadata.redirectUris, config.REGISTRATION_REDIRECT_HOSTS)
      const held = { id: randomText(CLIENT_ID_BYTES), registeredAt: toSeconds(clock()) }
      const { client, handed } = issueClient(metadata, held)
      if (!(await families.clients.register(client))) throw full()
      ctx.state.client = client
      ctx.state.log.info({ client_id: client.id, client_name: client.name }, 'client registered')
      ctx.status = 201
      ctx.body = toRegistrationBody(gateway.addresses.issuer, client, handed)
    },
  ]
}

/** Only where the operator asks for it. */
function requireInitialToken(expected: Secret | undefined, limits: Limits): Koa.Middleware {
  const expectedDigest = expected === undefined ? undefined : digest(expected.reveal())
  return async function requireInitialToken(ctx, next) {
    if (expectedDigest !== undefined) {
      const token = requireBearer(
        ctx,
        'registration here needs the token that its operator gives out',
      )
      const requester = addressKey(clientAddress(ctx))
      const isRight = equalInConstantTime(digest(token), expectedDigest)
      if (isRight) await refuseIfTaken(limits, WRONG_TOKENS, requester)
      else await takeOrRefuse(limits, WRONG_TOKENS, requester)
      if (!isRight) {
        throw refuseBearer(ctx, 'this is not the token that registration needs here')
      }
    }
    await next()
  }
}

function full(): OAuthError {
  return new OAuthError(
    'temporarily_unavailable',
    'too many clients are registered that nobody has approved yet: try again later',
    { retryAfterSeconds: FULL_SECONDS },
  )
}
