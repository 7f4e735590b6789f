/** Tests that need a program not every machine has: skipped by name without it, never silently. */

import test, { type ExecutionContext } from 'ava'

/** `tests/run.ts` looks for them and sets these variables. */
export const TOOL_VARIABLES = {
  chromium: 'CHROMIUM_BIN',
  go: 'GO_BIN',
  python: 'PYTHON_BIN',
} as const

export type Tool = keyof typeof TOOL_VARIABLES

type Body = (t: ExecutionContext) => Promise<void> | void

/** Registers a test that runs where `tool` is. */
export function needs(tool: Tool): (title: string, body: Body) => void {
  if (toolPath(tool) !== undefined) return (title, body) => test(title, body)
  return (title, body) => test.skip(`${title} (skipped: needs ${tool})`, body)
}

export function toolPath(tool: Tool): string | undefined {
  const path = process.env[TOOL_VARIABLES[tool]]
  return path === '' ? undefined : path
}
