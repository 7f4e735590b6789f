/** Claude Code: `claude mcp login`, then `claude -p` with a model of ours. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import { QUESTION, startAgent } from '../agent.ts'
import type { ClientDriver } from '../driver.ts'
import { exportConfiguration } from '../export.ts'
import { runProgram } from '../program.ts'

const VERSION = '2.1.330'

export const claudeCode: ClientDriver = {
  name: 'claude-code',
  title: 'Claude Code',
  version: VERSION,
  install: () => npmPackage('@anthropic-ai/claude-code', VERSION),
  start: (surroundings, folder) =>
    startAgent(async ({ url }) => {
      const { name, home } = surroundings
      await exportConfiguration(surroundings, 'claude')
      mkdirSync(join(home, '.claude'))
      // The servers of a folder are used once somebody has allowed them.
      const allowed = { enableAllProjectMcpServers: true }
      writeFileSync(join(home, '.claude/settings.json'), JSON.stringify(allowed))
      const environment = {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: 'none',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        // All tools at once, and not before the servers have said which.
        ENABLE_TOOL_SEARCH: 'false',
        MCP_CONNECTION_NONBLOCKING: 'false',
      }
      const program = join(folder, 'node_modules/.bin/claude')
      const run = (...args: readonly string[]): Promise<string> =>
        runProgram(surroundings, [program, ...args], { environment })
      // It logs in on a terminal alone.
      const login = (): Promise<string> => {
        const words = [program, 'mcp', 'login', name].join(' ')
        return runProgram(surroundings, ['script', '-qec', words, '/dev/null'], { environment })
      }
      return {
        logIn: () => login(),
        ask: () => run('-p', QUESTION, '--allowedTools', `mcp__${name}__whoami`),
        status: () => run('mcp', 'list'),
      }
    }),
}
