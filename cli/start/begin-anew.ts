/** This process becomes another start of the same command: same terminal, same parent, the code as it is on the disk now. */

import type { Context } from '../context.ts'
import { isPrinted } from './unread-output.ts'

/** What was printed is out before, if anybody reads; nothing of ours runs on. Never returns. */
export async function beginAnew({
  shell,
  environment,
  output,
}: Pick<Context, 'shell' | 'environment' | 'output'>): Promise<never> {
  await isPrinted(output)
  const variables = Object.entries(shell ?? environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const program = process.execPath
  const args = [program, ...process.execArgv, ...process.argv.slice(1)]
  if (process.execve === undefined) throw new TypeError('this system cannot replace a process')
  return process.execve(program, args, Object.fromEntries(variables))
}
