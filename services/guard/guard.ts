/** Starts the program behind a proxy, and says what is wrong when it cannot. */

import { join } from 'node:path'
import { lackOfSandbox } from '../../lib/platform/browser-sandbox.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { findChromium } from '../../lib/platform/find-chromium.ts'
import { fillIn, readCommand, withProxy } from './command-line.ts'
import { readConfig } from './config.ts'
import { createJudge, createPassage, listenOnLoopback } from './listen.ts'
import { runInOurPlace } from './run.ts'

const SERVICES = join(import.meta.dirname, '..')

/** Input and output are the program's: what we have to say goes to stderr. */
const tell = (line: string): void => void process.stderr.write(`guard: ${line}\n`)

/** @param argv of the process, without Node and the script. */
export async function guard(argv: readonly string[], environment: Environment): Promise<void> {
  try {
    const command = readCommand(argv)
    const { EGRESS_SOCKET: socket, EGRESS_ALLOW: allowed } = readConfig(environment)
    const server = socket === undefined ? createJudge(allowed, tell) : createPassage(socket, tell)
    const proxy = await listenOnLoopback(server)
    const args = fillIn(command.args, {
      proxy: () => proxy,
      chromium: () => findChromium(environment),
      sandbox: () => sandboxSwitch(socket !== undefined),
      services: () => SERVICES,
    })
    runInOurPlace({ ...command, args }, withProxy(environment, proxy), giveUp)
  } catch (error) {
    giveUp(error)
  }
}

/** @param isInContainer where it is the wall, and nothing is to be said. */
function sandboxSwitch(isInContainer: boolean): 'sandbox' | 'no-sandbox' {
  const lack = lackOfSandbox()
  if (lack === undefined) return 'sandbox'
  if (!isInContainer) tell(`The browser runs without its own sandbox: ${lack}.`)
  return 'no-sandbox'
}

function giveUp(error: unknown): never {
  tell(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
