/** The shell, `.env` and both together, as a command was given them. */

import type { Context } from '../context.ts'
import { envFilePath, readEnvText } from '../setup/env-file-place.ts'
import type { Surroundings } from './origin.ts'

export function readSurroundings({
  environment,
  shell,
  workingDirectory,
}: Pick<Context, 'environment' | 'shell' | 'workingDirectory'>): Surroundings {
  const envText = readEnvText(envFilePath(workingDirectory))
  return { environment, shell: shell ?? environment, envText }
}
