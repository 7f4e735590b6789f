/** Runs the commands of a page as somebody does who copies them into one terminal, from top to bottom. */

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withYes } from './gateway-commands.ts'
import { type Block, type Page, ROOT } from './pages.ts'

export interface Terminal {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** What stands in a page → what it is here. */
  readonly inPlaceOf: Readonly<Record<string, string>>
}

export interface PageRun {
  /** The block that failed, with what was printed last; undefined when all of them ran. */
  readonly fault: string | undefined
  readonly blocks: number
}

const NODE = process.execPath

export interface TerminalOptions extends Pick<Terminal, 'environment' | 'inPlaceOf'> {
  /** Socket of whoever runs `gateway` commands. */
  readonly commands: string
}

/** A terminal whose `gateway`, and whose browser, are those of this folder. */
export function openTerminal(
  folder: string,
  { environment, inPlaceOf, commands }: TerminalOptions,
): Terminal {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const program = (name: string, file: string, first = ''): string => {
    const path = join(bin, name)
    writeFileSync(path, `#!/bin/sh\nexec '${NODE}' '${join(ROOT, file)}' ${first} "$@"\n`)
    chmodSync(path, 0o755)
    return path
  }
  program('gateway', 'tests/fixtures/gateway-by-socket.ts', commands)
  const own = {
    PATH: `${bin}:${process.env['PATH']}`,
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    BROWSER: program('browser', 'tests/fixtures/approving-browser.ts'),
  }
  return { folder, environment: { ...own, ...environment }, inPlaceOf }
}

export async function runPage({ path, blocks }: Page, terminal: Terminal): Promise<PageRun> {
  const runnable = blocks.filter(
    ({ language, notRun }) => language === 'sh' && notRun === undefined,
  )
  if (runnable.length === 0) return { fault: undefined, blocks: 0 }
  const script = runnable.map((block) => toScript(path, block, terminal)).join('\n')
  const { exitCode, output } = await runBash(`set -eo pipefail\n${script}`, terminal)
  const fault = exitCode === 0 ? undefined : `exit code ${exitCode}\n${afterLastMark(output)}`
  return { fault, blocks: runnable.length }
}

const MARK = '@@@ '

function toScript(path: string, { before, source, line }: Block, terminal: Terminal): string {
  const commands = [before, source].map((part) => replaceAll(withYes(part), terminal.inPlaceOf))
  return [`echo '${MARK}${path}:${line}'`, ...commands].join('\n')
}

function replaceAll(text: string, pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs).reduce((done, [from, to]) => done.replaceAll(from, to), text)
}

function afterLastMark(output: string): string {
  return output.slice(Math.max(0, output.lastIndexOf(MARK))).slice(0, 2000)
}

function runBash(script: string, { folder, environment }: Terminal) {
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output }))
  })
}
