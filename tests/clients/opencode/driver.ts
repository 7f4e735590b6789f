/** opencode: `opencode mcp auth`, then `opencode run` with a model of ours. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackage } from '../../support/installed-packages.ts'
import { QUESTION, startAgent } from '../agent.ts'
import type { ClientDriver, Surroundings } from '../driver.ts'
import { runProgram } from '../program.ts'

const VERSION = '1.18.33'

export const opencode: ClientDriver = {
  name: 'opencode',
  title: 'opencode',
  version: VERSION,
  install: () => npmPackage('opencode-ai', VERSION),
  start: (surroundings, folder) =>
    startAgent(async ({ url }) => {
      const file = join(surroundings.home, 'opencode.json')
      writeFileSync(file, JSON.stringify(configuration(surroundings, url)))
      const program = join(folder, 'node_modules/.bin/opencode')
      const environment = { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }
      const run = (...args: readonly string[]): Promise<string> =>
        runProgram(surroundings, [program, ...args], { environment })
      return {
        logIn: () => run('mcp', 'auth', surroundings.name),
        ask: () => run('run', QUESTION),
        status: () => run('mcp', 'list'),
      }
    }),
}

function configuration({ name, endpoint }: Surroundings, url: string): object {
  return {
    mcp: { [name]: { type: 'remote', url: endpoint, enabled: true } },
    model: 'fake/fake-model',
    small_model: 'fake/fake-model',
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${url}/v1`, apiKey: 'none' },
        models: { 'fake-model': { name: 'fake', tool_call: true } },
      },
    },
  }
}
