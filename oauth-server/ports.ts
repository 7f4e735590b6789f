/** Everything the endpoints work with, made once: the record families and what stands on them. */

import type { Redis } from 'ioredis'
import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import type { Clock } from '../lib/platform/clock.ts'
import { createFigures, type Figures } from '../lib/platform/figures.ts'
import type { Log } from '../lib/platform/log.ts'
import { createOutbound } from '../lib/platform/outbound/outbound.ts'
import { deriveKey } from '../lib/platform/secret.ts'
import { type AuditTrail, redisAudit } from '../lib/store/audit.ts'
import { tellStore, tellStoreMemory } from '../lib/store/redis.ts'
import { type Access, createAccess, type LiveAccess } from './access/access.ts'
import type { Client } from './clients/client.ts'
import { createClientKeys, type FindClientKey } from './clients/client-keys.ts'
import { type ClientDirectory, createClientDirectory } from './clients/directory.ts'
import {
  type ClientDocuments,
  createClientDocuments,
} from './clients/documents/client-documents.ts'
import {
  createDocumentSupport,
  type DocumentSupport,
} from './clients/documents/document-support.ts'
import { ownHostsOf } from './clients/documents/document-url.ts'
import type { OAuthServerConfig } from './config.ts'
import { createFamilies, type Families } from './families.ts'
import { type Cookies, createCookies } from './http/cookies.ts'
import { createKeyring, type Keyring } from './keys/keyring.ts'
import type { Providers } from './login/providers/provider.ts'
import { tellCensus } from './records/census.ts'
import { countRecords, createCounts, tellKeys } from './records/figures.ts'
import { createRecords, type Records } from './records/records.ts'
import { createResources, type Resources } from './resources.ts'
import { createScopes, type Scopes } from './scopes.ts'
import { orUnavailable } from './store/available.ts'
import { LOGIN_SECONDS } from './store/logins.ts'
import { redisSigningKeys } from './store/signing-keys.ts'
import { ID_TOKEN_LIFETIME } from './token/id-token.ts'
import { createRefreshTokens, type RefreshTokens } from './token/refresh-tokens.ts'
import { createVerifiedTokens, type VerifiedTokens } from './token/verified-tokens.ts'

export interface Ports {
  readonly config: OAuthServerConfig
  /** As it was at the start: what cannot change while running. */
  readonly gateway: Gateway
  /** As it is: services and access rules. */
  readonly live: LiveGateway
  readonly families: Families
  readonly clients: ClientDirectory
  readonly providers: Providers
  readonly access: Access
  readonly findClientKey: FindClientKey
  readonly documentSupport: DocumentSupport
  readonly keyring: Keyring
  readonly verifiedTokens: VerifiedTokens
  readonly refreshTokens: RefreshTokens
  readonly scopes: Scopes
  readonly resources: Resources
  readonly cookies: Cookies
  /** For Prometheus. */
  readonly figures: Figures
  /** Who did what; `trail` is for who has filled in everything. */
  readonly records: Records
  readonly trail: AuditTrail
  readonly clock: Clock
  readonly log: Log
}

export interface Surroundings
  extends Pick<Ports, 'config' | 'gateway' | 'live' | 'providers' | 'clock' | 'log'> {
  /** The operator's clients, by client_id. */
  readonly configured: ReadonlyMap<string, Client>
}

export function createPorts(
  redis: Redis,
  { configured, ...surroundings }: Surroundings,
): Ports & { readonly access: LiveAccess } {
  const { config, gateway, live, clock, log } = surroundings
  const secret = config.OAUTH_SERVER_SECRET
  const figures = createFigures()
  const families = createFamilies(redis, config, figures)
  const keyring = createKeyring(orUnavailable(redisSigningKeys(redis)), {
    algorithm: config.SIGNING_ALGORITHM,
    lifetimeMs: config.SIGNING_KEY_LIFETIME * 1000,
    longestTokenMs: Math.max(config.ACCESS_TOKEN_LIFETIME, ID_TOKEN_LIFETIME) * 1000,
    sealingKey: deriveKey(secret, 'oauth-server/signing-keys'),
    clock,
    log,
  })
  const trail = createTrail(redis, figures, surroundings)
  const scopes = createScopes(live)
  const resources = createResources(live, config.DEFAULT_SERVICE)
  tellKeys(figures, keyring, config.SIGNING_KEY_LIFETIME, clock)
  tellStore(figures, [redis])
  tellStoreMemory(figures, redis)
  tellCensus(figures, {
    ...{ families, resources, log },
    machines: [...gateway.clients.keys()].map((id) => `client:${id}`),
  })
  return {
    ...surroundings,
    figures,
    ...trail,
    families,
    ...createClients(families, scopes, { configured, ...surroundings }),
    access: createAccess({
      ...surroundings,
      families,
      resources,
      records: trail.records,
      sealingKey: deriveKey(secret, 'oauth-server/upstream-tokens'),
    }),
    keyring,
    verifiedTokens: createVerifiedTokens(keyring, { issuer: gateway.addresses.issuer, clock }),
    refreshTokens: createRefreshTokens(deriveKey(secret, 'oauth-server/refresh-tokens')),
    scopes,
    resources,
    cookies: createCookies(gateway.addresses, LOGIN_SECONDS),
  }
}

function createTrail(
  redis: Redis,
  figures: Figures,
  { config, clock, log }: Pick<Surroundings, 'config' | 'clock' | 'log'>,
): Pick<Ports, 'records' | 'trail'> {
  const trail = redisAudit({ redis, entriesMax: config.AUDIT_ENTRIES, log })
  const count = createCounts(figures)
  const leftOut = figures.tally(
    'audit_left_out_total',
    'What strangers did that is not in the audit log because it was too much.',
  )
  const addresses = config.AUDIT_ADDRESSES
  return {
    trail: countRecords(trail, count),
    records: createRecords({ trail, count, addresses, leftOut, clock, log }),
  }
}

/**
 * What clients say about themselves elsewhere is fetched through one guard. Documents, key sets and the probe
 * have places of their own: what does not answer holds up nothing but its like.
 */
function createClients(
  families: Families,
  scopes: Scopes,
  { config, live, clock, log, configured }: Surroundings,
): Pick<Ports, 'clients' | 'findClientKey' | 'documentSupport'> {
  const { CLIENT_ID_METADATA_DOCUMENTS: mode, CLIENT_DOCUMENT_TEST_HOSTS: testHosts } = config
  const { documents, limits, reachability } = families
  const fetching = () => ({
    outbound: createOutbound(testHosts === undefined ? {} : { testHosts }),
    ...{ documents, limits, clock },
  })
  const fetchDocuments = (): ClientDocuments =>
    createClientDocuments({
      ...fetching(),
      isAccepted: mode !== 'off',
      get knownScopes() {
        return scopes.supported
      },
      get ownHosts() {
        return ownHostsOf(live.current)
      },
      log,
    })
  return {
    clients: createClientDirectory(
      {
        registered: families.clients,
        configured,
        documents: fetchDocuments(),
        redirectHosts: config.REGISTRATION_REDIRECT_HOSTS,
      },
      {
        registration: config.CLIENT_LIFETIME,
        accessToken: config.ACCESS_TOKEN_LIFETIME,
        refreshToken: config.REFRESH_TOKEN_LIFETIME,
      },
      clock,
    ),
    findClientKey: createClientKeys(fetching()),
    documentSupport: createDocumentSupport({
      mode,
      reachability,
      documents: fetchDocuments(),
      clock,
      log,
    }),
  }
}
