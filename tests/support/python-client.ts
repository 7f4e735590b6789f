/** The official Python client in a virtual environment of its own, one for each version, kept for next time. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NotInstalled, pythonPackage } from './installed-packages.ts'
import type { Visitor } from './visitor.ts'

const SCRIPT = join(import.meta.dirname, '../clients/python/login.py')

/** The interpreter with that version of `mcp`; undefined without Python or without a package index. */
export async function pythonWith(version: string): Promise<string | undefined> {
  try {
    return await pythonPackage('mcp', version)
  } catch (error) {
    // No venv module, no pip, no index: the test that needs it says so in its title.
    if (error instanceof NotInstalled) return undefined
    throw error
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
