/** Where the processes of the rooms listen. */

import { join } from 'node:path'
import { NUMBERED_SOCKET_NAMES, SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'

/** The path of a socket by its name. */
export type SocketPlace = (name: string) => string

export function socketsIn(folder: string): SocketPlace {
  return (name) => join(folder, name)
}

/** How many processes serve a room. */
export type Processes = Readonly<Record<'ext-authz' | 'oauth-server' | 'mcp-bridge', number>>

export type RoomSockets = ReturnType<typeof socketsOf>

export function socketsOf(socketAt: SocketPlace, processes: Processes) {
  const numbers = (count: number): number[] =>
    Array.from({ length: count }, (_, index) => index + 1)
  const { oauthServer, oauthServerAdmin, oauthServerFigures } = NUMBERED_SOCKET_NAMES
  const { extAuthz, extAuthzAdmin, bridge, bridgeAdmin } = NUMBERED_SOCKET_NAMES
  return {
    oauthServer: numbers(processes['oauth-server']).map((one) => ({
      http: socketAt(oauthServer(one)),
      admin: socketAt(oauthServerAdmin(one)),
      figures: socketAt(oauthServerFigures(one)),
    })),
    extAuthz: numbers(processes['ext-authz']).map((one) => ({
      grpc: socketAt(extAuthz(one)),
      admin: socketAt(extAuthzAdmin(one)),
    })),
    bridge: numbers(processes['mcp-bridge']).map((one) => ({
      http: socketAt(bridge(one)),
      admin: socketAt(bridgeAdmin(one)),
    })),
    envoyAdmin: socketAt(SOCKET_NAMES.envoyAdmin),
  }
}
