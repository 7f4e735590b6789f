/**
 * What one writes in an afternoon from the documentation of its parts: proto-loader, grpc-js, jose's
 * `jwtVerify` with a local key set, and one question to Redis for each request.
 */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Redis } from 'ioredis'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'

const {
  TEXTBOOK_SOCKET = '',
  TEXTBOOK_REDIS = '',
  TEXTBOOK_KEYS = '',
  TEXTBOOK_ISSUER = '',
  TEXTBOOK_AUDIENCE = '',
} = process.env

const PROTO = join(import.meta.dirname, 'external_auth.proto')
const definition = loadPackageDefinition(
  loadSync(PROTO, {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
)
const redis = new Redis({ path: TEXTBOOK_REDIS })
// It connects again by itself.
redis.on('error', () => {})
const keys = createLocalJWKSet(JSON.parse(readFileSync(TEXTBOOK_KEYS, 'utf8')) as JSONWebKeySet)

const UNAUTHENTICATED = 16
const OK = 0

interface CheckRequest {
  readonly attributes?: { readonly request?: { readonly http?: { readonly headers: Headers } } }
}
type Headers = Readonly<Record<string, string>>

async function check(request: CheckRequest): Promise<object> {
  const authorization = request.attributes?.request?.http?.headers['authorization'] ?? ''
  const [scheme = '', token] = authorization.split(' ')
  if (scheme.toLowerCase() !== 'bearer' || token === undefined) return refuse('a token is needed')
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: TEXTBOOK_ISSUER,
      audience: TEXTBOOK_AUDIENCE,
    })
    if ((await redis.exists(`revoked:${payload.jti}`)) === 1) {
      return refuse('the token has been revoked')
    }
    return allow(payload.sub ?? '')
  } catch {
    return refuse('the token is not valid')
  }
}

function allow(user: string): object {
  return {
    status: { code: OK },
    ok_response: {
      headers: [
        {
          header: { key: 'x-user-id', value: user },
          append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
        },
      ],
      headers_to_remove: ['authorization'],
    },
  }
}

function refuse(reason: string): object {
  return {
    status: { code: UNAUTHENTICATED },
    denied_response: {
      status: { code: 'Unauthorized' },
      headers: [{ header: { key: 'www-authenticate', value: 'Bearer error="invalid_token"' } }],
      body: JSON.stringify({ error: 'invalid_token', error_description: reason }),
    },
  }
}

interface Service {
  readonly service: ServiceDefinition
}

/** proto-loader knows packages when it has read them, TypeScript does not. */
function findService(tree: unknown, path: readonly string[]): ServiceDefinition {
  const found = path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], tree)
  return (found as Service).service
}

const server = new Server()
server.addService(findService(definition, ['envoy', 'service', 'auth', 'v3', 'Authorization']), {
  Check({ request }: { request: CheckRequest }, reply: (error: null, answer: object) => void) {
    void check(request).then((answer) => reply(null, answer))
  },
})
rmSync(TEXTBOOK_SOCKET, { force: true })
server.bindAsync(`unix:${TEXTBOOK_SOCKET}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
})
