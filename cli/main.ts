/** The `gateway` command's process: environment and terminal in, exit code out. */

import { join } from 'node:path'
import { systemClock } from '../lib/platform/clock.ts'
import { runProgram } from './program.ts'

// A closed pipe (`gateway logs | head`) is the reader's wish, not a failure.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  workingDirectory: process.cwd(),
  streams: process,
  clock: systemClock,
  rooms: join(import.meta.dirname, '..'),
})
