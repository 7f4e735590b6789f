/** A command of Docker Compose that does something: what it tells goes to the terminal as it comes. */

import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'

/**
 * Standard output stays free for the result.
 * @throws CliError when it fails; its own words have been shown.
 */
export async function runCompose(
  { workingDirectory, environment, output }: Context,
  args: readonly string[],
): Promise<void> {
  const child = spawn('docker', ['compose', ...args], {
    cwd: workingDirectory,
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(output.stderr, { end: false })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  const exitCode = await promise
  if (exitCode === 0) return
  throw new CliError(`docker compose ${args.join(' ')} failed (exit code ${exitCode}).`, {
    nextStep: 'see what it said above; gateway status tells what runs',
  })
}
