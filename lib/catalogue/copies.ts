/**
 * What a running gateway keeps of its configuration, in one folder: whoever starts the rooms writes the
 * two texts, and the rooms read nothing else. So a bad file reaches no room, also none that starts anew
 * while it is bad, and all of them see the same changes.
 */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { type Environment, optional, readEnvironment, text } from '../platform/environment.ts'

/** Set by whoever starts the rooms; without it a room reads the operator's file itself. */
export const COPIES_VARIABLE = 'GATEWAY_CONFIG_COPIES'

export interface Copies {
  readonly folder: string
  /** As it was when the gateway was started. */
  readonly started: string
  /** The newest that was good. */
  readonly accepted: string
  /** Folder in which each process says what it holds. */
  readonly held: string
  /** There while Envoy keeps the routes of before, as it refuses the newer ones. */
  readonly refusedByEdge: string
}

export function copiesIn(folder: string): Copies {
  return {
    folder,
    started: join(folder, 'started.yaml'),
    accepted: join(folder, 'accepted.yaml'),
    held: join(folder, 'held'),
    refusedByEdge: join(folder, 'refused-by-edge'),
  }
}

export function copiesOf(stateDirectory: string): Copies {
  return copiesIn(join(stateDirectory, 'configuration'))
}

export function findCopies(environment: Environment): Copies | undefined {
  const specification = { [COPIES_VARIABLE]: optional(text, undefined) }
  const folder = readEnvironment(specification, environment)[COPIES_VARIABLE]
  return folder === undefined ? undefined : copiesIn(folder)
}

/** Rooms in containers of their own can only read the copies: nobody could name a process to another. */
export function isShared({ folder }: Copies): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return code !== 'EROFS' && code !== 'EACCES'
  }
}
