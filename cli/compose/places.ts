/** Where things lie in the containers of `compose.yaml`: each path means the same in all that mount it. */

import { join } from 'node:path'
import type { SocketPlace } from '../supervisor/room-sockets.ts'

/** Holds the rooms' folders in every image. */
export const ROOMS = '/app'
/** `GATEWAY_STATE_DIR`. */
export const STATE = '/state'
/** Of a room alone: what it may know. */
export const OWN_FOLDER = '/run/room'
/** In the container that prepares them: a folder for each room, mounted there as `OWN_FOLDER`. */
export const OWN_FOLDERS = '/rooms'
export const STORE_FOLDER = '/data'
/** Where backups lie: a volume, or a folder of the operator's. */
export const BACKUPS = '/backups'
export const ENVOY_PROGRAM = '/usr/local/bin/envoy'
/** A container has addresses of its own: where it is reached is the engine's business. */
export const ANY_ADDRESS = '0.0.0.0'
/** Envoy's name among the containers of its network. */
export const ENVOY_HOST = 'envoy'
/** Files that a container under another account, of the same group, has to read. */
export const GROUP_READABLE = 0o640

/** An operator's, who asks inside the container: nobody else may reach it, Envoy neither. */
const PRIVATE_SOCKETS = '/tmp'
const PRIVATE = /^oauth-\d+-admin\./

/** What a socket's name begins with, and whose it is: one volume for each, mounted where it is needed. */
const OWNERS: readonly (readonly [RegExp, string])[] = [
  [/^oauth-/, 'oauth-server'],
  [/^authz-/, 'ext-authz'],
  [/^bridge-/, 'mcp-bridge'],
  [/^envoy-/, 'envoy'],
  [/^certs\./, 'certs'],
  [/^valkey\./, 'valkey'],
]

export const socketAt: SocketPlace = (name) => {
  if (PRIVATE.test(name)) return join(PRIVATE_SOCKETS, name)
  const owner = OWNERS.find(([pattern]) => pattern.test(name))?.[1]
  if (owner === undefined) throw new TypeError(`the socket ${name} belongs to nobody`)
  return join('/run/sockets', owner, name)
}
