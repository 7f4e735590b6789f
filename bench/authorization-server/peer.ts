/** oidc-provider as a process, and what is written into its store beforehand by its own models. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { exportJWK, generateKeyPair } from 'jose'
import type { Client, Provider } from 'oidc-provider'
import { createProvider } from './peer/provider.ts'
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

const MAIN = join(import.meta.dirname, 'peer/main.ts')
const PACKAGE = join(import.meta.dirname, '../../node_modules/oidc-provider/package.json')

export function peerVersion(): string {
  return String((JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version)
}

export async function startPeer(options: ServerOptions): Promise<AuthorizationServer> {
  const { algorithm, valkeySocket, folder } = options
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const signingKey = { ...(await exportJWK(pair.privateKey)), alg: algorithm, use: 'sig' }
  const socket = join(folder, 'peer.sock')
  const server = await startPinned([process.execPath, MAIN], socket, {
    core: SERVER_CORE,
    workingDirectory: folder,
    environment: {
      PEER_SOCKET: socket,
      PEER_VALKEY: valkeySocket,
      PEER_ALGORITHM: algorithm,
      PEER_KEY: JSON.stringify(signingKey),
    },
  })
  const redis = new Redis({ path: valkeySocket, keyPrefix: 'oidc:' })
  const provider = createProvider(redis, { algorithm, signingKey })
  const metadata = await readMetadata(socket)
  const enroll = (changes?: object) => register(socket, metadata.registration, changes)
  return {
    title: 'theirs',
    pid: server.pid,
    socket,
    metadata,
    app: await enroll(),
    webApp: await enroll(CONFIDENTIAL),
    machine: await enroll({
      ...CONFIDENTIAL,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    }),
    async issueCodes(client, count) {
      const found = await findClient(provider, client)
      return await produce(count, async () => {
        const { verifier, challenge } = createChallenge()
        const facts = await createGrant(provider, found)
        const code = new provider.AuthorizationCode({
          ...facts,
          redirectUri: REDIRECT_URI,
          codeChallenge: challenge,
          codeChallengeMethod: 'S256',
        })
        return { code: await code.save(), verifier }
      })
    },
    async issueRefreshTokens(client, count) {
      const found = await findClient(provider, client)
      return await produce(count, async () => {
        const facts = await createGrant(provider, found)
        const origin = { gty: 'authorization_code', rotations: 0 }
        return await new provider.RefreshToken({ ...facts, ...origin }).save()
      })
    },
    async stop() {
      redis.disconnect()
      await server.stop()
    },
  }
}

async function findClient(provider: Provider, { id }: RegisteredClient): Promise<Client> {
  const client = await provider.Client.find(id)
  if (client === undefined) throw new Error('the peer does not find its client')
  return client
}

/** What a code or a refresh token says of the grant it belongs to. */
async function createGrant(provider: Provider, client: Client): Promise<object> {
  const accountId = `dev:${randomBytes(8).toString('base64url')}`
  const grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.addResourceScope(RESOURCE, 'mcp')
  return {
    accountId,
    client,
    grantId: await grant.save(),
    scope: 'mcp',
    resource: RESOURCE,
    authTime: Math.floor(Date.now() / 1000),
  }
}
