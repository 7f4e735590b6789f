/** `gateway <command>` against a running test gateway, as its operator would type it. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TestGateway } from './gateway.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export function runCommand(
  { folder, port, adminPort }: Pick<TestGateway, 'folder' | 'port' | 'adminPort'>,
  args: readonly string[],
): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>()
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, GATEWAY_PORT: String(port), GATEWAY_ADMIN_PORT: String(adminPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const result = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text
  })
  child.once('close', (code) => resolve({ code, ...result }))
  return promise
}
