/** This gateway's authorization server, as it ships, and what is written into its store beforehand. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOM_ALLOCATOR, ROOM_NODE_ARGS } from '../../cli/supervisor/room-memory.ts'
import { OAUTH_SERVER_NODE_ARGS } from '../../cli/supervisor/room-parts.ts'
import { gatewayFile } from '../../lib/catalogue/gateway-file.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { createLog } from '../../lib/platform/log.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { deriveKey, Secret } from '../../lib/platform/secret.ts'
import { connectRedis, waitUntilReady } from '../../lib/store/redis.ts'
import { redisAuthorizationCodes } from '../../oauth-server/store/codes.ts'
import { type GrantFacts, redisGrants } from '../../oauth-server/store/grants.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { createRefreshTokens } from '../../oauth-server/token/refresh-tokens.ts'
import { SERVER_CORE, startPinned } from './processes.ts'
import {
  type AuthorizationServer,
  CONFIDENTIAL,
  createChallenge,
  produce,
  REDIRECT_URI,
  RESOURCE,
  type RegisteredClient,
  readMetadata,
  register,
  type ServerOptions,
} from './server.ts'

const MAIN = join(import.meta.dirname, '../../oauth-server/main.ts')
const REFRESH_SECONDS = 30 * 86_400

/** Only an operator lets a client act for itself. */
const MACHINE = { id: 'bench-machine', secret: randomText() }
const CONFIGURATION = {
  clients: {
    [MACHINE.id]: {
      client_secret: '${secret.MACHINE}',
      grant_types: ['client_credentials'],
      services: ['echo'],
    },
  },
}
const canConfigureClients = 'clients' in gatewayFile.shape

export async function startOurs(options: ServerOptions): Promise<AuthorizationServer> {
  const { algorithm, valkeySocket, folder } = options
  const secret = new Secret(randomText())
  const url = `unix://${valkeySocket}`
  const socket = join(folder, 'ours.sock')
  if (canConfigureClients) {
    writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(CONFIGURATION))
  }
  const server = await startPinned(
    [process.execPath, ...ROOM_NODE_ARGS, ...OAUTH_SERVER_NODE_ARGS, MAIN],
    socket,
    {
      core: SERVER_CORE,
      workingDirectory: folder,
      environment: {
        // As the supervisor starts it.
        ...ROOM_ALLOCATOR,
        REDIS_URL: url,
        OAUTH_SERVER_SOCKET: socket,
        OAUTH_SERVER_SECRET: secret.reveal(),
        USER_SECRETS_KEY: randomText(),
        SIGNING_ALGORITHM: algorithm,
        MACHINE: MACHINE.secret,
        // The limits are asked, and let everything through.
        RATE_LIMIT_FACTOR: '1000000',
      },
    },
  )
  const redis = connectRedis({ url, commandTimeoutMs: 10_000 }, createLog('bench', 'error'))
  await waitUntilReady(redis, 10_000)
  const [grants, codes] = [redisGrants(redis), redisAuthorizationCodes(redis)]
  const families = redisRefreshFamilies(redis)
  const refreshTokens = createRefreshTokens(deriveKey(secret, 'oauth-server/refresh-tokens'))
  const metadata = await readMetadata(socket)
  return {
    title: 'ours',
    pid: server.pid,
    socket,
    metadata,
    app: await register(socket, metadata.registration),
    webApp: await register(socket, metadata.registration, CONFIDENTIAL),
    machine: canConfigureClients ? MACHINE : undefined,
    issueCodes: (client, count) =>
      produce(count, async () => {
        const { verifier, challenge } = createChallenge()
        const { id: grantId, userId, clientId } = await grants.create(toFacts(client))
        const code = { grantId, userId, clientId, redirectUri: REDIRECT_URI, nonce: undefined }
        return { code: await codes.issue({ ...code, codeChallenge: challenge }), verifier }
      }),
    issueRefreshTokens: (client, count) =>
      produce(count, async () => {
        const grant = await grants.create(toFacts(client))
        const first = refreshTokens.begin()
        const expiresAt = toSeconds(Date.now()) + 3600
        await families.open(first.family, {
          grant,
          keeping: { expiresAt, ttlSeconds: REFRESH_SECONDS },
        })
        return refreshTokens.format(first)
      }),
    async stop() {
      redis.disconnect()
      await server.stop()
    },
  }
}

function toFacts({ id }: RegisteredClient): GrantFacts {
  return {
    // People are many: each has an index of grants of its own.
    userId: `dev:${randomText(8)}`,
    userName: 'alice',
    clientId: id,
    resource: RESOURCE,
    scopes: ['mcp'],
    authenticatedAt: toSeconds(Date.now()),
  }
}
