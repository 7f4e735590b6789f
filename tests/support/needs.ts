/** Tests that need what not every machine has: skipped by name without it, never silently. */

import test, { type ExecutionContext } from 'ava'
import { type Tool, toolPath } from './tool-path.ts'

type Body = (t: ExecutionContext) => Promise<void> | void

/** Registers a test that runs where all `tools` are. */
export function needs(...tools: readonly Tool[]): (title: string, body: Body) => void {
  return needing(tools, test)
}

/** As `needs`, but one after the other. */
export function needsInTurn(...tools: readonly Tool[]): (title: string, body: Body) => void {
  return needing(tools, test.serial)
}

const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** Registers a test that gives processes to other accounts, as only root can; one after the other. */
export function needsRoot(title: string, body: Body): void {
  if (isRoot) test.serial(title, body)
  else test.skip(`${title} (skipped: needs root on Linux)`, body)
}

function needing(
  tools: readonly Tool[],
  register: (title: string, body: Body) => void,
): (title: string, body: Body) => void {
  const missing = tools.filter((tool) => toolPath(tool) === undefined)
  if (missing.length === 0) return register
  return (title, body) => test.skip(`${title} (skipped: needs ${missing.join(', ')})`, body)
}
