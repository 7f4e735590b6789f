/** Where a program of this name is, as a shell would find it. */

import { delimiter, join } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { isExecutable } from './executable.ts'

export function findOnPath(name: string, environment: Environment): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}
