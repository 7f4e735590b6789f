/** Finds the gateway that is meant: the one of this state directory, or the compose project of this folder. */

import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { NUMBERED_SOCKET_NAMES, PROCESSES_MAX } from '../../lib/platform/unix-socket.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { requireNoSilent } from '../instance/silent.ts'
import { type Administration, createAdministration, silent } from './administration.ts'
import { execInCompose } from './compose-exec.ts'

const CONNECT_MS = 2000

/** @throws CliError with exit code 3 where no gateway runs, with 1 where one runs and does not answer. */
export async function withAdministration(
  context: Context,
  use: (administration: Administration) => Promise<void>,
): Promise<void> {
  const lines = (await openHere(context)) ?? (await execInCompose(context))
  if (lines === undefined) throw notRunning(context)
  try {
    await use(createAdministration(lines, operatorName()))
  } finally {
    lines.destroy()
  }
}

/** Of the processes any will do: they share the store. Undefined when no gateway runs in this folder. */
async function openHere(context: Context): Promise<Duplex | undefined> {
  const found = await findGateway(stateDirectoryOf(context), context.environment)
  if (found === undefined) return undefined
  const folder = dirname(found.socketPath)
  let cause: unknown
  for (let number = 1; number <= PROCESSES_MAX; number += 1) {
    const path = join(folder, NUMBERED_SOCKET_NAMES.oauthServerAdmin(number))
    if (!existsSync(path)) continue
    try {
      return await open(path)
    } catch (error) {
      cause = error
    }
  }
  throw silent(cause)
}

function open(path: string): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const socket = connect({ path })
  socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no answer in time')))
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.setTimeout(0)
    resolve(socket)
  })
  return promise
}

/** The account of whoever asks. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // An account without a name, as containers have them.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}

function notRunning(context: Context): CliError {
  requireNoSilent(stateDirectoryOf(context))
  return new CliError(`No gateway runs with the state directory ${stateDirectoryOf(context)}.`, {
    exitCode: EXIT_CODE.notRunning,
    nextStep:
      'npm start, or docker compose up -d; or set GATEWAY_STATE_DIR to the folder of the one you mean',
  })
}
