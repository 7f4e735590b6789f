/** Where the records of a gateway are: files beside it, or what Docker keeps of its containers. */

import { existsSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { requireOpenState } from '../instance/state-directory.ts'
import { composeSource } from './compose-source.ts'
import { embeddedSource } from './embedded-source.ts'
import { logPaths } from './log-file.ts'
import type { LogRecord } from './log-record.ts'

export interface LogSource {
  /**
   * Everything there is, as it was written; one record at a time, so that a large log needs no memory.
   * @param since an instant in ms before which nothing is wanted: older records may come all the same.
   */
  records(since?: number): AsyncIterable<LogRecord>
  /** What comes after the last of `records`, for ever. */
  follow(): AsyncIterable<LogRecord>
}

/** That of the gateway which runs, else of the containers of this folder, else of one that ran here. */
export async function findLogSource(context: Context): Promise<LogSource> {
  const stateDirectory = stateDirectoryOf(context)
  const paths = logPaths(stateDirectory)
  const runs = (await findGateway(stateDirectory, context.environment)) !== undefined
  const source = runs ? undefined : await composeSource(context)
  if (source !== undefined) return source
  if (paths.some((path) => existsSync(path))) return embeddedSource(paths)
  requireOpenState(stateDirectory)
  throw new CliError(`There is no log in ${stateDirectory}.`, {
    nextStep: 'npm start, or set GATEWAY_STATE_DIR to the folder of the gateway you mean',
  })
}
