/** A command of Docker Compose that does something: what it tells goes to the terminal as it comes. */

import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { spawnCompose } from './spawn-compose.ts'

/**
 * Standard output stays free for the result.
 * @throws CliError when it fails; its own words have been shown.
 */
export async function runCompose(context: Context, args: readonly string[]): Promise<void> {
  const { child, exit } = spawnCompose(context, args)
  child.stdin.end()
  for (const stream of [child.stdout, child.stderr])
    stream.pipe(context.output.stderr, { end: false })
  const exitCode = await exit
  if (exitCode === 0) return
  throw new CliError(`docker compose ${args.join(' ')} failed (exit code ${exitCode}).`, {
    nextStep: 'see what it said above; gateway status tells what runs',
  })
}
