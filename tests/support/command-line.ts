/** The `gateway` command as a person types it, with a home of its own, and what it prints while it runs. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const PATIENCE_MS = 60_000

export interface Finished {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** What stderr or stdout says, as soon as it does. */
  sees(pattern: RegExp): Promise<RegExpExecArray>
}

export interface CommandLine {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  start(args: readonly string[], options?: StartOptions): Running
  /** Until it has ended. */
  run(args: readonly string[], options?: StartOptions): Promise<Finished>
  /** As `run`: what it printed as JSON; it must succeed. */
  json<T>(args: readonly string[], options?: StartOptions): Promise<T>
  remove(): void
}

export interface StartOptions {
  /** All of stdin. */
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** @param env beside what every command needs, e.g. which gateway is meant. */
export function createCommandLine(env: Readonly<Record<string, string>> = {}): CommandLine {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  const children: ChildProcess[] = []
  const own = { PATH: process.env['PATH'] ?? '', HOME: home, ...env }
  const start: CommandLine['start'] = (args, { stdin = '', env: more = {} } = {}) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: home, env: { ...own, ...more } })
    children.push(child)
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
    return observe(child)
  }
  const run: CommandLine['run'] = (args, options) => start(args, options).finished
  return {
    home,
    env: own,
    start,
    run,
    async json<T>(args: readonly string[], options?: StartOptions) {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], options)
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${exitCode} ${stderr}`)
      return JSON.parse(stdout) as T
    },
    remove() {
      for (const child of children) child.kill('SIGKILL')
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function observe(child: ChildProcess): Running {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  const { promise: finished, resolve } = Promise.withResolvers<Finished>()
  child.once('close', (exitCode) => resolve({ exitCode, ...text }))
  return {
    child,
    finished,
    async sees(pattern) {
      for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
        const found = pattern.exec(text.stderr) ?? pattern.exec(text.stdout)
        if (found !== null) return found
        if (child.exitCode !== null) break
        await sleep(50)
      }
      throw new Error(`no ${pattern} in:\n${text.stderr}\n${text.stdout}`)
    },
  }
}
