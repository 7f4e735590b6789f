/**
 * What a host adds to every launch: the few variables of its own that programs need, the marks by which
 * what escaped is found, and the folders. Nothing else of its environment travels.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { isInherited } from '../../lib/platform/inherited.ts'
import type { LaunchOrder } from './host.ts'

export interface Surroundings {
  /** The host's own, for the listed names. */
  readonly environment: Environment
  /** More names of it that every child gets. */
  readonly passed?: readonly string[]
  /** In it a folder for what each service stores. */
  readonly servicesFolder: string
  /** Where native servers listen. */
  readonly socketFolder: string
  /** Added to every child: how the supervisor finds what escaped. */
  readonly gatewayMarker: string
}

export function dataFolderOf({ servicesFolder }: Surroundings, service: string): string {
  return join(servicesFolder, service)
}

/** The whole environment of a child but for what one launch adds. */
export function environmentOf(
  { env }: Pick<LaunchOrder, 'env'>,
  { environment, passed = [], gatewayMarker }: Surroundings,
): Record<string, string> {
  const kept = Object.entries(environment).filter(
    ([name]) => isInherited(name) || passed.includes(name),
  )
  const inherited = kept.map(([name, value]) => [name, value ?? ''])
  return { ...Object.fromEntries(inherited), ...env, MCP_GATEWAY_INSTANCE: gatewayMarker }
}

export function makeFolders({ folders }: Pick<LaunchOrder, 'folders'>): void {
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
}
