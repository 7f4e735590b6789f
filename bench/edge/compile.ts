/** Compiles what must cost next to nothing beside what is measured: the load, and the MCP server behind the edge. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const SOURCES = join(import.meta.dirname, 'load')

export interface Compiled {
  readonly load: string
  readonly upstream: string
}

/** @throws Error in one sentence where there is no compiler. */
export function compile(folder: string): Compiled {
  const make = (name: string): string => {
    const program = join(folder, name)
    const { error, status, stderr } = spawnSync(
      'cc',
      ['-O2', '-Wall', '-o', program, join(SOURCES, `${name}.c`)],
      { encoding: 'utf8' },
    )
    if (error) {
      throw new Error(
        'this benchmark needs a C compiler named cc (Debian: apt install gcc libc6-dev)',
      )
    }
    if (status !== 0) throw new Error(`cc refuses ${name}.c: ${stderr}`)
    return program
  }
  return { load: make('load'), upstream: make('upstream') }
}
