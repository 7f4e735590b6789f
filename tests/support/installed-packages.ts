/** Packages of npm and Python for tests alone, each version in a folder of its own that is kept for next time. */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keptFolder } from './kept-folder.ts'
import { toolPath } from './tool-path.ts'

const run = promisify(execFile)
const INSTALL_MS_MAX = 300_000
const WORDS_MAX = 300

/** What cannot be had on this machine: its message says why. */
export class NotInstalled extends Error {}

/** @returns the folder that has it in `node_modules`. @throws NotInstalled */
export async function npmPackage(name: string, version: string): Promise<string> {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--save-exact']
  return await orNotInstalled(() =>
    keptFolder(`test-npm-${plain(name)}-${version}`, async (coming) => {
      mkdirSync(coming, { recursive: true })
      const args = ['install', ...flags, '--prefix', coming, `${name}@${version}`]
      await run('npm', args, { timeout: INSTALL_MS_MAX, maxBuffer: Infinity })
    }),
  )
}

/** @returns the interpreter that can import it. @throws NotInstalled */
export async function pythonPackage(name: string, version: string): Promise<string> {
  const python = toolPath('python')
  if (python === undefined) throw new NotInstalled('needs Python 3.10')
  const folder = await orNotInstalled(() =>
    keptFolder(`test-python-${name}-${version}`, async (coming) => {
      await run(python, ['-m', 'venv', coming])
      const flags = ['--quiet', '--disable-pip-version-check']
      const args = ['-m', 'pip', 'install', ...flags, `${name}==${version}`]
      await run(join(coming, 'bin/python'), args, { timeout: INSTALL_MS_MAX })
    }),
  )
  return join(folder, 'bin/python')
}

/** A program that is built anew only when one of its sources has changed. @throws NotInstalled */
export async function goProgram(sources: string, name: string): Promise<string> {
  const go = toolPath('go')
  if (go === undefined) throw new NotInstalled('needs Go')
  const folder = await orNotInstalled(() =>
    keptFolder(`test-go-${name}-${hashOf(sources)}`, async (coming) => {
      const args = ['build', '-o', join(coming, name), '.']
      await run(go, args, { cwd: sources, timeout: INSTALL_MS_MAX })
    }),
  )
  return join(folder, name)
}

async function orNotInstalled<Result>(install: () => Promise<Result>): Promise<Result> {
  try {
    return await install()
  } catch (error) {
    const words = String((error as { stderr?: string }).stderr ?? error).trim()
    throw new NotInstalled(words.slice(-WORDS_MAX))
  }
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder).filter((file) => /\.(?:go|mod|sum)$/.test(file))
  for (const file of files.toSorted()) hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 12)
}

function plain(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '-')
}
