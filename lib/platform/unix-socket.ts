/**
 * Where the rooms' unix sockets live, and listening on one.
 *
 * Nothing but Envoy listens on TCP. A socket is 0600 in a 0700 folder of short name: Envoy refuses
 * paths above 108 bytes and grpc-js fails with `listen EINVAL`, so 100 is the bound.
 */

import { createHash, randomBytes } from 'node:crypto'
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Environment } from './environment.ts'

const SOCKET_PATH_BYTES_MAX = 100

export const SOCKET_NAMES = {
  valkey: 'valkey.sock',
  certs: 'certs.sock',
  envoyAdmin: 'envoy-admin.sock',
  control: 'control.sock',
  supervisorFigures: 'gateway-stats.sock',
} as const

/** Those of rooms that several processes serve, each on its own: Envoy shares the requests out, not the kernel. */
export const NUMBERED_SOCKET_NAMES = {
  oauthServer: (number: number) => `oauth-${number}.sock`,
  oauthServerAdmin: (number: number) => `oauth-${number}-admin.sock`,
  oauthServerFigures: (number: number) => `oauth-${number}-stats.sock`,
  extAuthz: (number: number) => `authz-${number}.sock`,
  extAuthzAdmin: (number: number) => `authz-${number}-admin.sock`,
  bridge: (number: number) => `bridge-${number}.sock`,
  bridgeAdmin: (number: number) => `bridge-${number}-admin.sock`,
} as const

/** The highest number a process of a room can have. */
export const PROCESSES_MAX = 16

/** The folder of one state directory's sockets; the same directory always gives the same folder. */
export function socketFolder(stateDirectory: string, environment: Environment): string {
  const hash = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12)
  const runtime = environment['XDG_RUNTIME_DIR']
  const parent = runtime !== undefined && isWritableFolder(runtime) ? runtime : tmpdir()
  return join(parent, `mcp-gateway-${hash}`)
}

/**
 * Makes the folder, 0700 and ours.
 * @throws Error in one sentence when somebody else owns it, a path in it would be too long, or could not stand in a list.
 */
export function prepareSocketFolder(folder: string): void {
  if (folder.includes(',')) {
    throw new Error(`${folder} has a comma in its name: set another XDG_RUNTIME_DIR or TMPDIR`)
  }
  makeFolder(folder)
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${folder} belongs to somebody else: remove it or set XDG_RUNTIME_DIR`)
  }
  chmodSync(folder, 0o700)
  // The longest.
  assertSocketPath(join(folder, NUMBERED_SOCKET_NAMES.bridgeAdmin(PROCESSES_MAX)))
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException
    throw new Error(
      `${folder} cannot be made (${code}): set XDG_RUNTIME_DIR or TMPDIR to a folder of this account`,
      { cause },
    )
  }
}

export function assertSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= SOCKET_PATH_BYTES_MAX) return
  throw new Error(
    `socket path ${path} has ${bytes} bytes, more than ${SOCKET_PATH_BYTES_MAX}: set a shorter XDG_RUNTIME_DIR or TMPDIR`,
  )
}

/** Who may connect: our own account alone, or its group too, where two containers share the folder. */
export const SOCKET_MODES = { own: 0o600, group: 0o660 } as const

/**
 * Listens on `path`, replacing what a killed predecessor left there; resolves when it accepts.
 *
 * The name is taken by renaming: the system removes the one that was listened on when the server closes, whoever has
 * it by then. So a server takes away no successor's name, and nobody can connect before the mode is right.
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  mode: number = SOCKET_MODES.own,
): Promise<void> {
  assertSocketPath(path)
  const draft = join(dirname(path), `.${randomBytes(3).toString('hex')}`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(draft, () => {
    server.off('error', reject)
    resolve()
  })
  await promise
  chmodSync(draft, mode)
  renameSync(draft, path)
  const own = identityOf(path)
  server.once('close', () => {
    if (identityOf(path) === own) rmSync(path, { force: true })
  })
}

/** Inode numbers are given again. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.ino} ${found.ctimeNs}`
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return lstatSync(path).isDirectory()
  } catch {
    // Absent or not ours: the caller has another place.
    return false
  }
}
