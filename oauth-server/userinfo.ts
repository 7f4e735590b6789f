/**
 * GET and POST /userinfo: who logged in, told to whoever holds an access token with `openid`, whatever
 * service the token is for (OpenID Connect Core section 5.3).
 */

import type Koa from 'koa'
import type { AccessTokenClaims } from '../lib/oauth/access-token.ts'
import { readBearer } from '../lib/oauth/bearer.ts'
import { formatChallenge } from '../lib/oauth/challenge.ts'
import { OAuthError } from '../lib/oauth/error.ts'
import { parseScope } from '../lib/oauth/scope.ts'
import { mediaType, readBody } from './http/body.ts'
import { parseParams } from './http/params.ts'
import type { Ports } from './ports.ts'
import { OPENID, PROFILE } from './scopes.ts'
import { noStore } from './steps/headers.ts'
import type { LogState } from './steps/log-access.ts'
import { emailClaims } from './token/email-claims.ts'
import { isRevoked } from './token/is-revoked.ts'

interface UserInfoState extends LogState {
  token: string
  claims: AccessTokenClaims
}

type Step = Koa.Middleware<UserInfoState>

const BODY_BYTES_MAX = 16_384

export function userInfo(ports: Ports): Koa.Middleware[] {
  const steps: Step[] = [
    noStore,
    challengeBearer,

    async function readToken(ctx, next) {
      const tokens = [readHeader(ctx), await readFormToken(ctx)].filter((one) => one !== undefined)
      const [token, ...others] = tokens
      // RFC 6750 section 2: one way only, and a query is none.
      if (others.length > 0 || (token !== undefined && 'access_token' in ctx.query)) {
        throw new OAuthError('invalid_request', 'send the access token in one way only')
      }
      if (token === undefined) return sendChallenge(ctx)
      ctx.state.token = token
      await next()
    },

    async function verifyToken(ctx, next) {
      const claims = await ports.verifiedTokens.verify(ctx.state.token)
      if (claims === undefined) throw refused('the access token is not valid')
      ctx.state.claims = claims
      await next()
    },

    async function checkRevocations(ctx, next) {
      if (await isRevoked(ports.families.revocations, ctx.state.claims)) {
        throw refused('the access token has been revoked')
      }
      await next()
    },

    async function sendClaims(ctx) {
      const { sub, scope, preferred_username } = ctx.state.claims
      const scopes = parseScope(scope)
      if (!scopes.includes(OPENID)) {
        throw new OAuthError('insufficient_scope', 'the access token lacks the scope openid')
      }
      const isNamed = scopes.includes(PROFILE) && preferred_username !== ''
      ctx.body = {
        sub,
        ...(isNamed ? { preferred_username } : {}),
        ...(await emailClaims(ports, sub, scopes)),
      }
    },
  ]
  return steps
}

/** RFC 6750 section 3: a refusal says why, unless nothing was sent that could be refused. */
async function challengeBearer(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  try {
    await next()
  } catch (thrown) {
    const { code, message, status } = OAuthError.from(thrown)
    if (status < 500) {
      const error = { code, description: message }
      ctx.set('WWW-Authenticate', formatChallenge({ scope: OPENID, error }))
    }
    throw thrown
  }
}

function sendChallenge(ctx: Koa.Context): void {
  ctx.status = 401
  ctx.set('WWW-Authenticate', formatChallenge({ scope: OPENID }))
  ctx.body = ''
}

/** A token in the `Authorization` header; undefined when none is there. */
function readHeader(ctx: Koa.Context): string | undefined {
  const reading = readBearer(ctx.req.headersDistinct['authorization'] ?? [])
  if (reading.kind === 'malformed') throw refused('the access token cannot be read', reading.detail)
  return reading.kind === 'token' ? reading.token : undefined
}

/** RFC 6750 section 2.2: a token in a form; what else a body may be is not read. */
async function readFormToken(ctx: Koa.Context): Promise<string | undefined> {
  const isForm = mediaType(ctx.req) === 'application/x-www-form-urlencoded'
  if (ctx.method !== 'POST' || !isForm) return undefined
  const params = parseParams(await readBody(ctx, BODY_BYTES_MAX))
  if (params.repeated.includes('access_token')) {
    throw new OAuthError('invalid_request', 'send the access token once')
  }
  return params.get('access_token')
}

function refused(description: string, detail?: string): OAuthError {
  return new OAuthError('invalid_token', description, detail === undefined ? {} : { detail })
}
