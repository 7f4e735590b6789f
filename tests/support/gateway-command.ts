/** The `gateway` command beside a gateway that runs: the whole command line, in this process, which is cheap. */

import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { runProgram } from '../../cli/program.ts'
import { systemClock } from '../../lib/platform/clock.ts'

export interface Told {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface Typed {
  readonly stdin?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface GatewayCommand {
  (args: readonly string[], typed?: Typed): Promise<Told>
  /** With `--json`, and what it says then. @throws Error for another exit code than 0. */
  json<Body>(args: readonly string[], typed?: Typed): Promise<Body>
}

/** @param folder where the gateway was started. @param surroundings what the shell there has set. */
export function createGatewayCommand(
  folder: string,
  surroundings: Readonly<Record<string, string>> = {},
): GatewayCommand {
  const command = async (args: readonly string[], { stdin, environment = {} }: Typed = {}) => {
    const [stdout, stderr] = [collect(), collect()]
    const exitCode = await runProgram(args, {
      environment: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...surroundings,
        ...environment,
      },
      workingDirectory: folder,
      streams: {
        stdout: stdout.stream,
        stderr: stderr.stream,
        stdin: stdin === undefined ? new PassThrough().end() : Readable.from([stdin]),
      },
      clock: systemClock,
      rooms: join(import.meta.dirname, '../..'),
    })
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
  }
  return Object.assign(command, {
    async json<Body>(args: readonly string[], typed?: Typed): Promise<Body> {
      const { exitCode, stdout, stderr } = await command([...args, '--json'], typed)
      if (exitCode !== 0) throw new Error(`gateway ${args.join(' ')}: ${exitCode} ${stderr}`)
      return JSON.parse(stdout) as Body
    },
  })
}

function collect() {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk)
      done()
    },
  })
  return { stream, text: () => written }
}
