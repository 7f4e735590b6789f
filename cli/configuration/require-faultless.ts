/** Before containers are stopped that have to start again. */

import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { checkConfiguration } from './check.ts'

/** @throws CliError with every fault that would keep the containers from starting. */
export function requireFaultless(context: Context): void {
  const { environment, workingDirectory } = context
  // Where compose.yaml has it looked for.
  const folder = resolve(workingDirectory, environment['GATEWAY_CONFIG_FOLDER'] || '.')
  const { faults } = checkConfiguration(
    { ...context, workingDirectory: folder },
    { asCompose: true },
  )
  if (faults.length === 0) return
  throw new CliError(faults.join('\n'), { nextStep: 'correct it, then again; what runs goes on' })
}
