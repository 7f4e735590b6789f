/** The peer's process. It is told everything by its environment; see `peer.ts` beside this folder. */

import { Redis } from 'ioredis'
import { createProvider } from './provider.ts'

const { PEER_SOCKET = '', PEER_VALKEY = '', PEER_ALGORITHM = '', PEER_KEY = '' } = process.env

createProvider(new Redis({ path: PEER_VALKEY, keyPrefix: 'oidc:' }), {
  algorithm: PEER_ALGORITHM,
  signingKey: JSON.parse(PEER_KEY) as object,
}).listen(PEER_SOCKET)
