/** What a gateway tells of itself, from the first step of its start on: its status, and what its figures are made of. */

import type { Services } from '../../lib/catalogue/catalogue.ts'
import { switchedOff } from '../../lib/catalogue/gateway.ts'
import type { Context } from '../context.ts'
import { type GatewayStatus, isReady, type PartStatus } from '../instance/status.ts'
import type { SupervisorSources } from '../supervisor/figures.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { browserCautions } from './browser-lines.ts'
import { certificateStatus } from './certificate-lines.ts'
import { adminUrl } from './client-lines.ts'
import { toConfigurationStatus } from './configuration-status.ts'
import { toPeopleStatus } from './people-lines.ts'
import type { Plan } from './plan.ts'
import type { Published } from './publish-configuration.ts'
import type { Settings } from './settings.ts'

/** A gateway from the first step of its start on. */
export interface BegunGateway {
  readonly context: Context
  readonly settings: Settings
  /** Epoch milliseconds. */
  readonly began: number
  /** Known from the moment there is something to tell. */
  readonly running:
    | { readonly supervisor: Supervisor; readonly plan: Plan; readonly published: Published }
    | undefined
}

/** The services that are in force now. */
export function toServed({ running, settings }: BegunGateway): Services {
  return (running?.published.current ?? settings.gateway).services
}

/** For the figures of the supervisor. */
export function toSources(begun: BegunGateway): SupervisorSources {
  const { context, settings } = begun
  return {
    parts: () => partsOf(begun),
    serving: async () => (await begun.running?.supervisor.serving()) ?? new Set(),
    versions: () => versionsOf(begun),
    configurationFaults: () =>
      toConfigurationStatus(settings.gateway, context, begun.running?.published).faults.length,
  }
}

function partsOf({ running }: BegunGateway): readonly PartStatus[] {
  return running?.supervisor.status() ?? []
}

function versionsOf({ running }: BegunGateway): GatewayStatus['versions'] {
  return running?.plan.versions ?? {}
}

export function toStatus(begun: BegunGateway): GatewayStatus {
  const { context, settings, began, running } = begun
  const { addresses, stateDirectory } = settings.gateway
  const parts = partsOf(begun)
  const now = running?.published.current ?? settings.gateway
  return {
    pid: process.pid,
    ready: isReady(parts),
    since: new Date(began).toISOString(),
    public_url: addresses.issuer,
    envoy_admin_url: adminUrl(settings.gateway.adminPort),
    state_directory: stateDirectory,
    versions: versionsOf(begun),
    configuration: toConfigurationStatus(settings.gateway, context, running?.published),
    certificate: certificateStatus(settings),
    parts,
    services: [...now.services.keys()].map((name) => ({
      name,
      url: addresses.resourceOf(name),
    })),
    switched_off: switchedOff(now),
    people: toPeopleStatus(now),
    cautions: browserCautions(now.services),
  }
}
