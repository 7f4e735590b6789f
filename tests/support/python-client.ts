/** The official Python client in a virtual environment of its own, one for each version, kept for next time. */

import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { toolPath } from './tool-path.ts'
import type { Visitor } from './visitor.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../clients/python/login.py')
const INSTALL_MS_MAX = 120_000

/** The interpreter with that version of `mcp`; undefined without Python or without a package index. */
export async function pythonWith(version: string): Promise<string | undefined> {
  const python = toolPath('python')
  if (python === undefined) return undefined
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'mcp-oauth-gateway', `test-python-mcp-${version}`)
  const installed = join(folder, 'bin/python')
  if (existsSync(installed)) return installed
  const coming = `${folder}.${process.pid}`
  try {
    mkdirSync(join(cache, 'mcp-oauth-gateway'), { recursive: true })
    await run(python, ['-m', 'venv', coming])
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `mcp==${version}`,
    ]
    await run(join(coming, 'bin/python'), install, { timeout: INSTALL_MS_MAX })
    renameSync(coming, folder)
    return installed
  } catch {
    // No venv module, no pip, no index: the test that needs it says so in its title.
    rmSync(coming, { recursive: true, force: true })
    return undefined
  }
}

export interface PythonAnswer {
  readonly tools: readonly string[]
  readonly text: string
}

export interface PythonCall {
  readonly python: string
  readonly endpoint: string
  readonly visitor: Pick<Visitor, 'approve'>
  readonly tool: string
  readonly args?: object
}

/** Logs in and calls one tool; the visitor answers the page. */
export async function callFromPython(call: PythonCall): Promise<PythonAnswer> {
  const args = [SCRIPT, call.endpoint, call.tool, JSON.stringify(call.args ?? {})]
  const client = spawn(call.python, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  client.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  for await (const line of createInterface(client.stdout)) {
    const said = JSON.parse(line) as { authorize: string } | PythonAnswer
    if ('tools' in said) return said
    client.stdin.write(`${await call.visitor.approve(said.authorize)}\n`)
  }
  throw new Error(`the Python client ended without an answer: ${complaint}`)
}
