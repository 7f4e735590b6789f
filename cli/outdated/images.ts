/**
 * Base images, by the tags that their registry lists.
 *
 * A tag is compared with tags of its own shape: `24-bookworm-slim` with `26-bookworm-slim`, `v1.40.0` with `v1.41.2`.
 */

import { compare, type Lookup, unknown } from './lookup.ts'
import type { Pin } from './pins.ts'
import { listTags, type Place } from './registry.ts'
import { isNewer } from './version.ts'

const DOCKER_HUB = 'registry-1.docker.io'

export async function lookUpImage(pin: Pin, fetchOf: typeof fetch = fetch): Promise<Lookup> {
  try {
    const tags = await listTags(placeOf(pin.name), fetchOf)
    return compare(pin, newestAlike(pin.version, tags))
  } catch (error) {
    const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException }
    return unknown(pin, `its registry: ${cause?.code ?? message}`)
  }
}

/** A name without a host is Docker Hub's, one without a slash its library's. */
export function placeOf(name: string): Place {
  const [host = '', ...rest] = name.split('/')
  if (rest.length > 0 && /[.:]|^localhost$/.test(host)) {
    return { registry: host === 'docker.io' ? DOCKER_HUB : host, repository: rest.join('/') }
  }
  return { registry: DOCKER_HUB, repository: rest.length === 0 ? `library/${name}` : name }
}

const SHAPE = /^(v?)([0-9]+(?:\.[0-9]+)*)(.*)$/

/** The tag itself where it has no number, or nothing is newer. */
export function newestAlike(tag: string, tags: readonly string[]): string {
  const shape = shapeOf(tag)
  if (shape === undefined) return tag
  const alike = tags.filter((other) => shapeOf(other) === shape)
  return alike.reduce(
    (newest, other) => (isNewer(numberOf(other), numberOf(newest)) ? other : newest),
    tag,
  )
}

function shapeOf(tag: string): string | undefined {
  const [, start, numbers = '', end] = SHAPE.exec(tag) ?? []
  return start === undefined ? undefined : [start, numbers.split('.').length, end].join('|')
}

function numberOf(tag: string): string {
  return SHAPE.exec(tag)?.[2] ?? ''
}
