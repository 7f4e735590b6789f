/** Gemini CLI, with a model of ours. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import { QUESTION, startAgent } from '../agent.ts'
import type { ClientDriver } from '../driver.ts'
import { exportConfiguration } from '../export.ts'
import { runProgram } from '../program.ts'

const VERSION = '0.61.0'

export const gemini: ClientDriver = {
  name: 'gemini',
  title: 'Gemini CLI',
  version: VERSION,
  install: () => npmPackage('@google/gemini-cli', VERSION),
  start: (surroundings, folder) =>
    startAgent(async ({ url }) => {
      const settings = join(surroundings.home, '.gemini')
      mkdirSync(settings)
      const own = { security: { auth: { selectedType: 'gemini-api-key' } } }
      writeFileSync(join(settings, 'settings.json'), JSON.stringify(own))
      await exportConfiguration(surroundings, 'gemini')
      allowLogin(join(settings, 'settings.json'), surroundings.name)
      const environment = {
        GEMINI_API_KEY: 'none',
        GOOGLE_GEMINI_BASE_URL: url,
        // Of a folder that nobody has trusted it takes no servers.
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
      }
      const program = join(folder, 'node_modules/.bin/gemini')
      const run = (...args: readonly string[]): Promise<string> =>
        runProgram(surroundings, [process.execPath, program, ...args], { environment })
      const asking = ['--approval-mode', 'yolo', '-m', 'gemini-2.5-pro', '-p', QUESTION]
      // On a terminal it asks whether it may open the page.
      const onTerminal = [process.execPath, program, ...asking].map(quote).join(' ')
      const answer = { question: /\[Y\/n\]/, words: 'Y\n' }
      return {
        logIn: () =>
          runProgram(surroundings, ['script', '-qec', onTerminal, '/dev/null'], {
            environment,
            answer,
          }),
        ask: () => run(...asking),
        status: () => run('mcp', 'list'),
      }
    }),
}

/** Without a terminal, where there is no `/mcp auth`, it logs in where the entry says that it may. */
function allowLogin(file: string, name: string): void {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly mcpServers: Record<string, object>
  }
  settings.mcpServers[name] = { ...settings.mcpServers[name], oauth: { enabled: true } }
  writeFileSync(file, JSON.stringify(settings))
}

function quote(word: string): string {
  return `'${word}'`
}
