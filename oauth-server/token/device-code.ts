/**
 * The device code grant: a device polls until somebody has decided (RFC 8628 sections 3.4 and 3.5).
 *
 * Asking consumes nothing; only the step that hands over tokens does, and it does so once.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { DEVICE_CODE_GRANT } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { OPENID } from '../scopes.ts'
import type { ClientState } from '../steps/authenticate-client.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import type { Poll } from '../store/devices.ts'
import type { Grant, GrantKeys } from '../store/grants.ts'
import { signIdToken } from './id-token.ts'
import { keepPerson } from './keep-person.ts'
import { mintAccessToken, type TokenAnswer, toTokenBody } from './mint.ts'
import { requireGrantedResource } from './require-granted-resource.ts'
import { requirePerson } from './require-person.ts'
import { revokeGrant } from './revoke-grant.ts'

/** In the order in which the steps below bring them about. */
interface DeviceCodeState extends ClientState {
  deviceCode: string
  grant: Grant
}

type Step = Koa.Middleware<DeviceCodeState>

export function exchangeDeviceCode(ports: Ports): Koa.Middleware[] {
  const { families, resources, clock } = ports
  const steps: Step[] = [
    requireGrantType(DEVICE_CODE_GRANT),

    async function pollDecision(ctx, next) {
      const { params, client } = ctx.state
      const deviceCode = params.get('device_code')
      if (deviceCode === undefined) {
        throw new OAuthError('invalid_request', 'device_code is missing')
      }
      const poll = await families.devices.poll(deviceCode, client.id)
      const keys = await requireApproval(ports, poll)
      const grant = await families.grants.find(keys.id)
      if (grant === undefined) throw refused('the grant has ended')
      Object.assign(ctx.state, { deviceCode, grant })
      await next()
    },

    async function checkResource(ctx, next) {
      requireGrantedResource(ctx.state.params, ctx.state.grant, resources)
      await next()
    },

    /** The device may come minutes after the decision, and the rules may have changed beside it. */
    async function checkPerson(ctx, next) {
      await requirePerson(ports, ctx.state.grant)
      await next()
    },

    async function mintTokens(ctx) {
      const { grant, client } = ctx.state
      const answer = await redeem(ports, ctx.state)
      ctx.state.log.info({ user: grant.userId, client_id: client.id }, 'device code exchanged')
      ctx.body = toTokenBody(answer, clock)
    },
  ]
  return steps
}

/** @throws OAuthError that tells the device what to do. */
async function requireApproval(ports: Ports, poll: Poll): Promise<GrantKeys> {
  switch (poll.outcome) {
    case 'approved':
      return poll.grant
    case 'redeemed':
      return await refuseReplay(ports, poll.grant)
    case 'pending':
      throw new OAuthError('authorization_pending', 'nobody has decided yet: go on polling')
    case 'slow_down':
      throw new OAuthError('slow_down', 'wait 5 seconds longer before each poll from now on')
    case 'denied':
      throw new OAuthError('access_denied', 'the person denied the request', { status: 400 })
    case 'expired':
      throw expired()
    case 'unknown':
      throw refused('unknown, or of another client')
  }
}

/**
 * A device code used twice has two holders, or its first answer was lost. With two holders nobody can
 * tell which is the device, so that none keeps what it bought; and what a lost answer carried is in
 * nobody's hands. Either way the person is asked again, and nothing is left alive that nobody knows of.
 */
async function refuseReplay(ports: Ports, grant: GrantKeys): Promise<never> {
  await revokeGrant(ports, grant, 'device code replayed')
  throw refused('replayed')
}

/** Signs and keeps first: when the script has redeemed the device code, nothing is left that could fail. */
async function redeem(ports: Ports, state: DeviceCodeState): Promise<TokenAnswer> {
  const { deviceCode, grant, client } = state
  const access = await mintAccessToken(ports, grant, grant.scopes)
  const idToken = grant.scopes.includes(OPENID)
    ? await signIdToken(ports, grant, undefined)
    : undefined
  const { config, refreshTokens, families } = ports
  const first = client.grantTypes.includes('refresh_token') ? refreshTokens.begin() : undefined
  const ttlSeconds =
    first === undefined ? config.ACCESS_TOKEN_LIFETIME : config.REFRESH_TOKEN_LIFETIME
  const keeping = { expiresAt: access.expiresAt, ttlSeconds }
  await keepPerson(ports, grant, ttlSeconds)
  const minting = { grant, family: first?.family, keeping }
  const redemption = await families.devices.redeem(deviceCode, minting)
  if (redemption === 'replayed') return await refuseReplay(ports, grant)
  if (redemption === 'expired') throw expired()
  if (redemption !== 'redeemed') throw refused(redemption)
  return {
    ...access,
    ...(first === undefined ? {} : { refreshToken: refreshTokens.format(first) }),
    ...(idToken === undefined ? {} : { idToken }),
  }
}

function expired(): OAuthError {
  return new OAuthError('expired_token', 'the device code has expired: begin again')
}

function refused(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'the device code is not valid', { detail })
}
