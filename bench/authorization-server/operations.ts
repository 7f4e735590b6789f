/** What is measured, and what is promised of it. */

import type { SigningAlgorithm } from '../../lib/oauth/jws.ts'
import type { Supply } from './load.ts'
import type { AuthorizationServer } from './server.ts'
import {
  exchangeSupply,
  jwtSupply,
  machineSupply,
  refreshSupply,
  refreshTokenSupply,
  registrationSupply,
  type Scale,
  WARM_TOKENS,
} from './supplies.ts'

export interface Operation {
  readonly name: string
  /** Whether signing is part of it, so that the algorithm matters. */
  readonly signs: boolean
  /** The least ratio of ours to theirs; undefined where nothing is promised. */
  readonly target: (algorithm: SigningAlgorithm) => number | undefined
  /** Theirs is measured by this operation instead, where they refuse ours. */
  readonly theirs?: string
  readonly note?: string
  /** Undefined when the server does not offer it. */
  prepare(server: AuthorizationServer, scale: Scale): Promise<Supply> | undefined
}

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'exchange',
    signs: true,
    target: () => 1.5,
    note: 'authorization code with PKCE, public client',
    prepare: (server, { requests }) => exchangeSupply(server, requests),
  },
  {
    name: 'refresh',
    signs: true,
    target: (algorithm) => (algorithm === 'RS256' ? 1.5 : 2),
    note: 'with rotation, public client',
    prepare: refreshSupply,
  },
  {
    name: 'client_credentials',
    signs: true,
    target: () => 1.5,
    prepare: machineSupply,
  },
  {
    name: 'introspect',
    signs: false,
    target: () => 1,
    note: 'opaque refresh tokens, distinct',
    prepare: (server, scale) => refreshTokenSupply(server, server.metadata.introspection, scale),
  },
  {
    name: 'introspect-jwt-warm',
    signs: false,
    target: () => 1,
    theirs: 'introspect',
    note: '100 access tokens again and again; theirs refuses JWTs: beside it its opaque row',
    prepare: (server, { connections }) =>
      jwtSupply(server, server.metadata.introspection, {
        connections,
        requests: WARM_TOKENS,
        isRepeated: true,
      }),
  },
  {
    name: 'introspect-jwt-cold',
    signs: false,
    target: () => undefined,
    theirs: 'introspect',
    note: 'every access token for the first time; theirs refuses JWTs: beside it its opaque row',
    prepare: (server, scale) => jwtSupply(server, server.metadata.introspection, scale),
  },
  {
    name: 'revoke',
    signs: false,
    target: () => 1,
    note: 'opaque refresh tokens, distinct, each ends its grant',
    prepare: (server, scale) => refreshTokenSupply(server, server.metadata.revocation, scale),
  },
  {
    name: 'revoke-jwt',
    signs: false,
    target: () => undefined,
    theirs: 'revoke',
    note: 'distinct access tokens; theirs refuses JWTs: beside it its opaque row',
    prepare: (server, scale) => jwtSupply(server, server.metadata.revocation, scale),
  },
  {
    name: 'register',
    signs: false,
    target: () => 1,
    note: 'with a registration access token where the server issues one',
    prepare: registrationSupply,
  },
]
