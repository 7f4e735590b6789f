/** The `gateway` command's process: environment and terminal in, exit code out. */

import { Console } from 'node:console'
import { join } from 'node:path'
import { systemClock } from '../lib/platform/clock.ts'
import { runProgram } from './program.ts'

// A closed pipe (`gateway logs | head`) is the reader's wish, not a failure.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

// Libraries talk to the console. Standard output is for the answer alone, which programs read.
globalThis.console = new Console(process.stderr)
globalThis.console.debug = () => {}

process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  workingDirectory: process.cwd(),
  streams: process,
  clock: systemClock,
  rooms: join(import.meta.dirname, '..'),
})
