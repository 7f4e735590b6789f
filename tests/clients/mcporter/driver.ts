/** mcporter: a command line for MCP servers. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import type { ClientDriver } from '../driver.ts'
import { runProgram } from '../program.ts'

const VERSION = '0.12.3'
/** It waits for a person for minutes. */
const ANSWER_MS_MAX = 15_000

export const mcporter: ClientDriver = {
  name: 'mcporter',
  title: 'mcporter',
  version: VERSION,
  // A token of less than a minute is none to it: it registers anew in the middle of a session.
  lifetimeSeconds: 70,
  lacks: { refresh: 'it registers anew when a token has ended, and asks the person' },
  install: () => npmPackage('mcporter', VERSION),
  start(surroundings, folder) {
    const { name, endpoint, home } = surroundings
    const config = join(home, 'mcporter.json')
    writeFileSync(
      config,
      JSON.stringify({ mcpServers: { [name]: { baseUrl: endpoint, auth: 'oauth' } } }),
    )
    const program = join(folder, 'node_modules/mcporter/dist/cli.js')
    const run = (...args: readonly string[]): Promise<string> =>
      runProgram(surroundings, [process.execPath, program, '--config', config, ...args], {
        timeoutMs: ANSWER_MS_MAX,
      })
    return {
      logIn: () => run('auth', name),
      list: () => run('list', name),
      call: () => run('call', `${name}.whoami`),
    }
  },
}
