/** What the control socket tells: the wire shape that `gateway status --json` prints. */

import type { CertificateStatus } from '../../certs/status.ts'
import type { PeopleStatus } from '../start/people-lines.ts'
import { roomOf } from './part-names.ts'

export type PartState = 'waiting' | 'starting' | 'ready' | 'backing off' | 'stopped'

export interface PartStatus {
  readonly name: string
  readonly state: PartState
  readonly pid: number | null
  /** How often it was started again after it had ended by itself. */
  readonly restarts: number
  /** When it took on its present state, ISO 8601. */
  readonly since: string
  /** How it ended last, in words. */
  readonly last_exit: string | null
}

export function isServing({ state }: PartStatus): boolean {
  return state === 'ready'
}

/** The configuration as it is now, beside the one that was read at start. */
export interface ConfigurationStatus {
  readonly path: string
  /** SHA-256 (hex) of the text that is in force: equal to the file's once that has been taken up. */
  readonly sha256: string
  /** What is wrong with it; while there is something, what was read before stays in force. */
  readonly faults: readonly string[]
  /** Sections that mean something else than at start. */
  readonly changed: readonly string[]
  /** Those of them that only another start takes up. */
  readonly needs_restart: readonly string[]
  /** Secrets that services name and that only another start hands out. */
  readonly secrets_at_restart: readonly string[]
  /** What another start would refuse. */
  readonly restart_faults: readonly string[]
}

export interface GatewayStatus {
  readonly pid: number
  /** Whether everything is served; of a room's processes one is enough. */
  readonly ready: boolean
  readonly since: string
  readonly public_url: string
  /** Of the pages for reading, on this machine alone; null where no Envoy runs. */
  readonly envoy_admin_url: string | null
  readonly state_directory: string
  readonly versions: Readonly<Record<string, string>>
  readonly configuration: ConfigurationStatus
  /** Null without TLS. */
  readonly certificate: CertificateStatus | null
  readonly parts: readonly PartStatus[]
  readonly services: readonly { readonly name: string; readonly url: string }[]
  /** Names of those that are defined and not served. */
  readonly switched_off: readonly string[]
  readonly people: PeopleStatus
  /** What is weaker here than it could be, in sentences. */
  readonly cautions: readonly string[]
}

export function isReady(
  parts: readonly PartStatus[],
  serves: (part: PartStatus) => boolean = isServing,
): boolean {
  const rooms = Map.groupBy(parts, ({ name }) => roomOf(name))
  return rooms.size > 0 && [...rooms.values()].every((processes) => processes.some(serves))
}
