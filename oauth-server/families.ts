/** Every record family of the authorization server, over one connection; what each holds, its file in store/ says. */

import type { Redis } from 'ioredis'
import type { Figures } from '../lib/platform/figures.ts'
import { deriveKey } from '../lib/platform/secret.ts'
import { type AuditLog, redisAuditLog } from '../lib/store/audit-record.ts'
import { type PublicKeys, redisPublicKeys } from '../lib/store/public-keys.ts'
import { type Revocations, redisRevocations } from '../lib/store/revocations.ts'
import { redisUserSecrets, type UserSecrets } from '../lib/store/user-secrets.ts'
import type { OAuthServerConfig } from './config.ts'
import { countRefusals } from './records/figures.ts'
import { type Assertions, redisAssertions } from './store/assertions.ts'
import { orUnavailable } from './store/available.ts'
import { type AccessBindings, redisAccessBindings } from './store/bindings.ts'
import { type Clients, redisClients } from './store/clients.ts'
import { type AuthorizationCodes, redisAuthorizationCodes } from './store/codes.ts'
import { type ConfiguredIds, redisConfiguredIds } from './store/configured-ids.ts'
import { type Consents, redisConsents } from './store/consents.ts'
import { type Devices, redisDevices } from './store/devices.ts'
import { type DisabledUsers, redisDisabledUsers } from './store/disabled-users.ts'
import { type Documents, redisDocuments } from './store/documents.ts'
import { type FactReadings, redisFactReadings } from './store/fact-readings.ts'
import { type GrantRecords, redisGrantRecords } from './store/grant-records.ts'
import { type Grants, redisGrants } from './store/grants.ts'
import { type Interactions, redisInteractions } from './store/interactions.ts'
import { type Limits, redisLimits } from './store/limits.ts'
import { type Logins, redisLogins } from './store/logins.ts'
import { type ProviderIssuers, redisProviderIssuers } from './store/provider-issuers.ts'
import { type PushedRequests, redisPushedRequests } from './store/pushed-requests.ts'
import { type Reachability, redisReachability } from './store/reachability.ts'
import { type RefreshFamilies, redisRefreshFamilies } from './store/refresh-families.ts'
import { redisUpkeep, type Upkeep } from './store/upkeep.ts'
import { redisUpstreamLogins, type UpstreamLogins } from './store/upstream-logins.ts'
import { redisUsers, type Users } from './store/users.ts'

export interface Families {
  readonly clients: Clients
  readonly configuredIds: ConfiguredIds
  readonly interactions: Interactions
  readonly pushedRequests: PushedRequests
  readonly consents: Consents
  readonly logins: Logins
  readonly upstreamLogins: UpstreamLogins
  readonly users: Users
  readonly disabledUsers: DisabledUsers
  readonly accessBindings: AccessBindings
  readonly factReadings: FactReadings
  readonly providerIssuers: ProviderIssuers
  readonly codes: AuthorizationCodes
  readonly grants: Grants
  readonly grantRecords: GrantRecords
  readonly refreshFamilies: RefreshFamilies
  readonly revocations: Revocations
  readonly publicKeys: PublicKeys
  readonly limits: Limits
  readonly devices: Devices
  readonly documents: Documents
  readonly reachability: Reachability
  readonly assertions: Assertions
  readonly audit: AuditLog
  /** Written here, and read by nobody here. */
  readonly userSecrets: Omit<UserSecrets, 'read' | 'revision'>
  readonly upkeep: Upkeep
}

/** @param figures where refusals for too many requests are counted. */
export function createFamilies(
  redis: Redis,
  config: OAuthServerConfig,
  figures: Figures,
): Families {
  return {
    clients: orUnavailable(redisClients(redis, { unapprovedMax: config.REGISTRATIONS_MAX })),
    configuredIds: orUnavailable(redisConfiguredIds(redis)),
    interactions: orUnavailable(redisInteractions(redis)),
    pushedRequests: orUnavailable(redisPushedRequests(redis)),
    consents: orUnavailable(redisConsents(redis)),
    logins: orUnavailable(redisLogins(redis)),
    upstreamLogins: orUnavailable(
      redisUpstreamLogins(
        redis,
        deriveKey(config.OAUTH_SERVER_SECRET, 'oauth-server/upstream-logins'),
      ),
    ),
    users: orUnavailable(redisUsers(redis)),
    disabledUsers: orUnavailable(redisDisabledUsers(redis)),
    accessBindings: orUnavailable(redisAccessBindings(redis)),
    factReadings: orUnavailable(redisFactReadings(redis)),
    providerIssuers: orUnavailable(redisProviderIssuers(redis)),
    codes: orUnavailable(redisAuthorizationCodes(redis)),
    grants: orUnavailable(redisGrants(redis)),
    grantRecords: orUnavailable(redisGrantRecords(redis)),
    refreshFamilies: orUnavailable(redisRefreshFamilies(redis)),
    revocations: orUnavailable(redisRevocations(redis)),
    publicKeys: orUnavailable(redisPublicKeys(redis)),
    limits: orUnavailable(countRefusals(redisLimits(redis, config.RATE_LIMIT_FACTOR), figures)),
    devices: orUnavailable(
      redisDevices(redis, deriveKey(config.OAUTH_SERVER_SECRET, 'oauth-server/user-codes')),
    ),
    documents: orUnavailable(redisDocuments(redis)),
    reachability: orUnavailable(redisReachability(redis)),
    assertions: orUnavailable(redisAssertions(redis)),
    audit: orUnavailable(redisAuditLog(redis)),
    userSecrets: orUnavailable(
      redisUserSecrets(redis, deriveKey(config.USER_SECRETS_KEY, 'user-secrets')),
    ),
    upkeep: orUnavailable(redisUpkeep(redis, config.AUDIT_ENTRIES)),
  }
}
