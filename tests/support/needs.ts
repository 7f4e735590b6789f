/** Tests that need a program not every machine has: skipped by name without it, never silently. */

import test, { type ExecutionContext } from 'ava'
import { type Tool, toolPath } from './tool-path.ts'

type Body = (t: ExecutionContext) => Promise<void> | void

/** Registers a test that runs where `tool` is. */
export function needs(tool: Tool): (title: string, body: Body) => void {
  if (toolPath(tool) !== undefined) return (title, body) => test(title, body)
  return (title, body) => test.skip(`${title} (skipped: needs ${tool})`, body)
}
