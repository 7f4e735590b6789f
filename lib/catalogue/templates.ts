/** `${NAME}` in the texts of a service: which are known where, and what becomes of them at launch. */

import { isReservedSecret } from './secret-names.ts'
import type { ServiceDefinition } from './service-definition.ts'

const TEMPLATE = /\$\{([^}]*)\}/g
const COMMON = /^(?:user\.id|data|secret\.[A-Z][A-Z0-9_]*)$/
const WITH_NAME = /^(?:user\.(?:id|name)|data|secret\.[A-Z][A-Z0-9_]*)$/
/** Of what is told to the server as a path, and of a command line that everybody on the machine can read. */
const NO_SECRET = /^(?:user\.id|data)$/
/** Where the server runs there is no folder of ours. */
const ELSEWHERE = /^(?:user\.id|secret\.[A-Z][A-Z0-9_]*)$/

type Place = readonly [place: string, text: string, known: RegExp]

/** What is named and not known there, each with its place. */
export function templateFaults({
  args = [],
  env = {},
  cwd = '',
  folders = [],
  rootFolders = [],
  stopCommand = [],
  headers = {},
}: ServiceDefinition): string[] {
  const places: Place[] = [
    ...listed('args', args),
    ...named('env', env, WITH_NAME),
    ['cwd', cwd, COMMON],
    ...listed('folders', folders),
    ...listed('rootFolders', rootFolders, NO_SECRET),
    ...listed('stopCommand', stopCommand, NO_SECRET),
    ...named('headers', headers, ELSEWHERE),
  ]
  return places.flatMap(([place, text, known]) =>
    [...text.matchAll(TEMPLATE)]
      .map(([, template = '']) => template)
      .filter((template) => !isKnown(template, known))
      .map((template) => `${place}: \${${template}} is not known here`),
  )
}

function listed(place: string, texts: readonly string[], known = COMMON): Place[] {
  return texts.map((text, index) => [`${place}.${index}`, text, known])
}

function named(place: string, texts: Readonly<Record<string, string>>, known: RegExp): Place[] {
  return Object.entries(texts).map(([name, text]) => [`${place}.${name}`, text, known])
}

function isKnown(template: string, known: RegExp): boolean {
  const [, secret] = /^secret\.(.*)$/.exec(template) ?? []
  return known.test(template) && !(secret !== undefined && isReservedSecret(secret))
}

/** Replaces each template; `resolve` answers undefined for one that has no value. */
export function expandTemplate(
  text: string,
  resolve: (template: string) => string | undefined,
): string {
  return text.replaceAll(TEMPLATE, (whole, template: string) => {
    const value = resolve(template)
    if (value === undefined) throw new RangeError(`${whole} has no value`)
    return value
  })
}
