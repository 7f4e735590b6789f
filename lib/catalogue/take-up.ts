/**
 * What a running gateway becomes when its file has changed, and in which steps: pure.
 *
 * A service must never be called for where it is not known: the rooms know it before the edge leads
 * there, and for as long as it does.
 */

import { isDeepStrictEqual } from 'node:util'
import { rulesBeforeRestart } from './before-restart.ts'
import type { Services } from './catalogue.ts'
import type { Gateway } from './gateway.ts'

/** On which side of Envoy's routes a process is: what they lead to, or what writes them. */
export type Side = 'room' | 'edge'

/** @param started all that stays as it was. @param held in force. @param reading the file as it is now. */
export function takeUp(started: Gateway, held: Gateway, reading: Gateway): Gateway {
  const access = rulesBeforeRestart(started, held, reading)
  return {
    ...started,
    services: keepSame(held.services, reading.services),
    definitions: reading.definitions,
    access: isDeepStrictEqual(access, held.access) ? held.access : access,
    configurationText: reading.configurationText,
  }
}

/** What has not changed is the same object as before. */
function keepSame(held: Services, services: Services): Services {
  const entries = [...services].map(([name, service]) => {
    const before = held.get(name)
    return [name, isDeepStrictEqual(before, service) ? (before ?? service) : service] as const
  })
  const names = [...held.keys()]
  const isSame =
    entries.length === names.length &&
    entries.every(([name, service], index) => name === names[index] && held.get(name) === service)
  return isSame ? held : new Map(entries)
}

/** What it is first, until the other side has followed: a room keeps what goes, the edge lacks what comes. */
export function beforeOthers(side: Side, held: Gateway, next: Gateway): Gateway {
  return side === 'room' ? withRemoved(held, next) : withoutAdded(held, next)
}

function withRemoved(held: Gateway, next: Gateway): Gateway {
  const removed = [...held.services.keys()].filter((name) => !next.services.has(name))
  if (removed.length === 0) return next
  const rules = removed.flatMap((name) => {
    const ofService = held.access.services.get(name)
    return ofService === undefined ? [] : [[name, ofService] as const]
  })
  const access = { ...next.access, services: new Map([...next.access.services, ...rules]) }
  return {
    ...next,
    services: keepSame(held.services, new Map([...held.services, ...next.services])),
    access: isDeepStrictEqual(access, held.access) ? held.access : access,
  }
}

function withoutAdded(held: Gateway, next: Gateway): Gateway {
  const kept = [...next.services].filter(([name]) => held.services.has(name))
  if (kept.length === next.services.size) return next
  return { ...next, services: keepSame(held.services, new Map(kept)) }
}
