/** What Envoy tells of itself on its administration socket. */

import { join } from 'node:path'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { askSocket } from './ask-socket.ts'

/** Its body. @param folder that of the sockets. @throws Error when it does not answer, or not with 200. */
export async function askEnvoy(folder: string, path: string): Promise<string> {
  const { status, body } = await askSocket(join(folder, SOCKET_NAMES.envoyAdmin), 'GET', path)
  if (status === 200) return body
  throw new Error(`Envoy answers ${status} to ${path}: ${body.trim().slice(0, 100)}`)
}

/** The port where it listens for clients; it may be another than that of the public address. */
export async function publicPort(folder: string): Promise<number> {
  const listeners = await askEnvoy(folder, '/listeners')
  const [, port] = /^public::.*:(\d+)$/m.exec(listeners) ?? []
  if (port !== undefined) return Number(port)
  throw new Error('Envoy has no listener for clients yet')
}
