/** Brings a planned fault about, and takes it away again where it does not go by itself. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../ledger/ledger.ts'
import type { FaultKind, PlannedFault, Target } from '../seeded/plan.ts'
import type { World } from '../world/world.ts'

/** What a target is called among the parts of a gateway; a number is added where there are several. */
const ROOMS: Readonly<Partial<Record<Target, string>>> = {
  store: 'valkey',
  'ext-authz': 'ext-authz',
  'oauth-server': 'oauth-server',
  bridge: 'mcp-bridge',
  envoy: 'envoy',
}

/** Resolves once it is over, as far as whoever made it can end it; with whom it met. */
export async function inject(world: World, ledger: Ledger, fault: PlannedFault): Promise<string> {
  const { target, kind } = fault
  if (target === 'disk') return await fillDisk(world, fault)
  if (target === 'clock') return await stepClock(world, ledger, fault)
  const victims = await findVictims(world, fault)
  if (victims.length === 0) return 'nobody was there'
  if (kind === 'restart' && target !== 'child') {
    for (const { name } of victims) await world.restart(name)
  } else {
    await signal(victims, kind, fault.holdMs)
  }
  return victims.map(({ name, pid }) => `${name} (${pid})`).join(', ')
}

interface Victim {
  readonly name: string
  readonly pid: number
}

async function findVictims(world: World, fault: PlannedFault): Promise<readonly Victim[]> {
  const all = fault.target === 'child' ? await children(world) : await parts(world, fault.target)
  const one = all[Math.floor(fault.which * all.length)]
  // Of a child there is always one: whoever is ended with it has a server of their own.
  if (fault.isAll && fault.target !== 'child') return all
  return one === undefined ? [] : [one]
}

async function children(world: World): Promise<readonly Victim[]> {
  const found = await world.children()
  return found
    .flatMap(({ service, pid }) => (pid === null ? [] : [{ name: service, pid }]))
    .sort((left, right) => left.name.localeCompare(right.name) || left.pid - right.pid)
}

async function parts(world: World, target: Target): Promise<readonly Victim[]> {
  const room = ROOMS[target]
  const found = await world.parts()
  return found.flatMap(({ name, pid }) => {
    const isMeant = name === room || name.replace(/-\d+$/, '') === room
    return isMeant && pid !== null ? [{ name, pid }] : []
  })
}

async function signal(victims: readonly Victim[], kind: FaultKind, holdMs: number): Promise<void> {
  const send = (name: NodeJS.Signals): void => {
    for (const { pid } of victims) endeavour(pid, name)
  }
  if (kind === 'kill') return send('SIGKILL')
  if (kind === 'restart') return send('SIGTERM')
  send('SIGSTOP')
  await sleep(holdMs)
  send('SIGCONT')
}

/** It may have ended meanwhile: its watchdog ends what is frozen for long. */
function endeavour(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function fillDisk({ disk }: World, { holdMs }: PlannedFault): Promise<string> {
  disk?.fill()
  await sleep(holdMs)
  disk?.relieve()
  return 'the disk of the store'
}

/** There and back: both are steps. */
async function stepClock(
  { clock }: World,
  ledger: Ledger,
  { kind, stepMs, holdMs }: PlannedFault,
): Promise<string> {
  const byMs = kind === 'forward' ? stepMs : -stepMs
  const step = (to: number, by: number): void => {
    clock?.set(to)
    ledger.exchanges.stepped(ledger.clock(), by)
  }
  step(byMs, byMs)
  await sleep(holdMs)
  step(0, -byMs)
  return 'the clock of the store'
}
