/** POST /register: dynamic client registration (RFC 7591 section 3). */

import type Koa from 'koa'
import { toSeconds } from '../../lib/platform/clock.ts'
import { digest, randomText } from '../../lib/platform/seal.ts'
import type { Ports } from '../ports.ts'
import { noStore } from '../steps/headers.ts'
import { type JsonState, readJson } from '../steps/read-json.ts'
import type { Client } from './client.ts'
import { parseClientMetadata } from './metadata.ts'

const BODY_BYTES_MAX = 16_384
const CLIENT_ID_BYTES = 16

export function register({ families, scopes, clock }: Ports): Koa.Middleware<JsonState>[] {
  return [
    noStore,
    readJson(BODY_BYTES_MAX),

    async function registerClient(ctx) {
      const metadata = parseClientMetadata(ctx.state.document, scopes.supported)
      const secret = metadata.authMethod === 'none' ? undefined : randomText()
      const client: Client = {
        ...metadata,
        kind: 'registered',
        id: randomText(CLIENT_ID_BYTES),
        secretDigest: secret === undefined ? undefined : digest(secret),
        registeredAt: toSeconds(clock()),
      }
      await families.clients.register(client)
      ctx.state.log.info({ client_id: client.id, client_name: client.name }, 'client registered')
      ctx.status = 201
      ctx.body = toRegistrationBody(client, secret)
    },
  ]
}

/** Everything as really registered; what there is not is left out: a `null` breaks clients' parsers. */
function toRegistrationBody(client: Client, secret: string | undefined): object {
  return {
    client_id: client.id,
    client_id_issued_at: client.registeredAt,
    // 0: the secret ends with the registration only (RFC 7591 section 3.2.1).
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    ...(client.name === undefined ? {} : { client_name: client.name }),
    redirect_uris: client.redirectUris,
    token_endpoint_auth_method: client.authMethod,
    grant_types: client.grantTypes,
    response_types: ['code'],
    ...client.echoed,
  }
}
