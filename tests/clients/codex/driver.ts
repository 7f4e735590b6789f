/** Codex: `codex mcp login`, then `codex exec` with a model of ours. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import { QUESTION, startAgent } from '../agent.ts'
import type { ClientDriver } from '../driver.ts'
import { exportConfiguration } from '../export.ts'
import { runProgram } from '../program.ts'

const VERSION = '0.169.0'

export const codex: ClientDriver = {
  name: 'codex',
  title: 'Codex',
  version: VERSION,
  install: () => npmPackage('@openai/codex', VERSION),
  start: (surroundings, folder) =>
    startAgent(async ({ url }) => {
      const settings = join(surroundings.home, '.codex')
      mkdirSync(settings)
      writeFileSync(join(settings, 'config.toml'), withModel(url))
      await exportConfiguration(surroundings, 'codex')
      const program = join(folder, 'node_modules/.bin/codex')
      const run = (...args: readonly string[]): Promise<string> =>
        runProgram(surroundings, [process.execPath, program, ...args])
      return {
        logIn: () => run('mcp', 'login', surroundings.name),
        ask: () => run('exec', '--skip-git-repo-check', QUESTION),
        status: () => run('mcp', 'list'),
      }
    }),
}

function withModel(url: string): string {
  return `model = "fake-model"
model_provider = "fake"
mcp_oauth_credentials_store = "file"

[model_providers.fake]
name = "fake"
base_url = "${url}/v1"
wire_api = "responses"
`
}
