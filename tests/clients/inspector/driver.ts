/** MCP Inspector by its command line: each command is a process of its own, which finds the tokens of the one before. */

import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import type { ClientDriver } from '../driver.ts'
import { runProgram } from '../program.ts'

const PACKAGE = '@modelcontextprotocol/inspector'
const VERSION = '2.12.0'
/** It waits for a person for minutes. */
const ANSWER_MS_MAX = 15_000

export const inspector: ClientDriver = {
  name: 'inspector',
  title: 'MCP Inspector, command line',
  version: VERSION,
  isLight: true,
  install: () => npmPackage(PACKAGE, VERSION),
  start(surroundings, folder) {
    const program = join(folder, 'node_modules/.bin/mcp-inspector')
    // Without a terminal it opens pages only when it is told to, and without a keychain it keeps nothing.
    const environment = { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' }
    const options = { environment, timeoutMs: ANSWER_MS_MAX }
    const run = (...args: readonly string[]): Promise<string> => {
      const target = ['--cli', surroundings.endpoint, '--transport', 'http']
      return runProgram(surroundings, [process.execPath, program, ...target, ...args], options)
    }
    const list = () => run('--method', 'tools/list')
    return {
      logIn: list,
      list,
      call: () => run('--method', 'tools/call', '--tool-name', 'whoami'),
    }
  },
}
