/** Everything the endpoints work with, made once: the record families and what stands on them. */

import type { Redis } from 'ioredis'
import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { Log } from '../lib/platform/log.ts'
import { deriveKey } from '../lib/platform/secret.ts'
import { type PublicKeys, redisPublicKeys } from '../lib/store/public-keys.ts'
import { type Revocations, redisRevocations } from '../lib/store/revocations.ts'
import { type ClientDirectory, createClientDirectory } from './clients/directory.ts'
import type { OAuthServerConfig } from './config.ts'
import { type Cookies, createCookies } from './http/cookies.ts'
import { createKeyring, type Keyring } from './keys/keyring.ts'
import { createResources, type Resources } from './resources.ts'
import { createScopes, type Scopes } from './scopes.ts'
import { orUnavailable } from './store/available.ts'
import { type Clients, redisClients } from './store/clients.ts'
import { type AuthorizationCodes, redisAuthorizationCodes } from './store/codes.ts'
import { type Consents, redisConsents } from './store/consents.ts'
import { type Grants, redisGrants } from './store/grants.ts'
import { type Interactions, redisInteractions } from './store/interactions.ts'
import { type Limits, redisLimits } from './store/limits.ts'
import { LOGIN_SECONDS, type Logins, redisLogins } from './store/logins.ts'
import { type PushedRequests, redisPushedRequests } from './store/pushed-requests.ts'
import { type RefreshFamilies, redisRefreshFamilies } from './store/refresh-families.ts'
import { redisSigningKeys } from './store/signing-keys.ts'
import { redisUsers, type Users } from './store/users.ts'
import { createRefreshTokens, type RefreshTokens } from './token/refresh-tokens.ts'

export interface Families {
  readonly clients: Clients
  readonly interactions: Interactions
  readonly pushedRequests: PushedRequests
  readonly consents: Consents
  readonly logins: Logins
  readonly users: Users
  readonly codes: AuthorizationCodes
  readonly grants: Grants
  readonly refreshFamilies: RefreshFamilies
  readonly revocations: Revocations
  readonly publicKeys: PublicKeys
  readonly limits: Limits
}

export interface Ports {
  readonly config: OAuthServerConfig
  readonly gateway: Gateway
  readonly families: Families
  readonly clients: ClientDirectory
  readonly keyring: Keyring
  readonly refreshTokens: RefreshTokens
  readonly scopes: Scopes
  readonly resources: Resources
  readonly cookies: Cookies
  readonly clock: Clock
  readonly log: Log
}

export type Surroundings = Pick<Ports, 'config' | 'gateway' | 'clock' | 'log'>

export function createPorts(redis: Redis, surroundings: Surroundings): Ports {
  const { config, gateway, clock } = surroundings
  const secret = config.OAUTH_SERVER_SECRET
  const families = createFamilies(redis, config)
  return {
    ...surroundings,
    families,
    clients: createClientDirectory(families.clients),
    keyring: createKeyring(redisSigningKeys(redis), redisPublicKeys(redis), {
      algorithm: config.SIGNING_ALGORITHM,
      sealingKey: deriveKey(secret, 'oauth-server/signing-keys'),
      clock,
    }),
    refreshTokens: createRefreshTokens(deriveKey(secret, 'oauth-server/refresh-tokens')),
    scopes: createScopes(gateway.services),
    resources: createResources(gateway, config.DEFAULT_SERVICE),
    cookies: createCookies(gateway.addresses, LOGIN_SECONDS),
  }
}

function createFamilies(redis: Redis, config: OAuthServerConfig): Families {
  return {
    clients: orUnavailable(redisClients(redis, config.CLIENT_LIFETIME)),
    interactions: orUnavailable(redisInteractions(redis)),
    pushedRequests: orUnavailable(redisPushedRequests(redis)),
    consents: orUnavailable(redisConsents(redis)),
    logins: orUnavailable(redisLogins(redis)),
    users: orUnavailable(redisUsers(redis)),
    codes: orUnavailable(redisAuthorizationCodes(redis)),
    grants: orUnavailable(redisGrants(redis)),
    refreshFamilies: orUnavailable(redisRefreshFamilies(redis)),
    revocations: orUnavailable(redisRevocations(redis)),
    publicKeys: orUnavailable(redisPublicKeys(redis)),
    limits: orUnavailable(redisLimits(redis, config.RATE_LIMIT_FACTOR)),
  }
}
