/**
 * Secrets that a client keeps in the open: they go into `.env`, which is its owner's alone, and the entry
 * names them. The configuration file can then be read by anybody, and kept with the rest of the project.
 */

import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { isSecretWord, looksSecret, readArgument } from '../../configuration/secret-shapes.ts'
import { toReference } from './client-texts.ts'

/** What becomes of a secret that was found. @returns NAME in `${secret.NAME}`. */
export type KeepSecret = (place: string, value: string) => string

const SCHEME = /^((?:bearer|basic|token|apikey)\s+)(\S.*)$/is

/** The definition with references in the place of secrets. */
export function moveSecrets(definition: ServiceDefinition, keep: KeepSecret): ServiceDefinition {
  const { args, env, headers } = definition
  return {
    ...definition,
    ...(args && { args: moveFromArgs(args, keep) }),
    ...(env && { env: moveFromWords(env, keep) }),
    ...(headers && { headers: moveFromWords(headers, keep) }),
  }
}

/** Whether an address carries one, which has no other place: it is written as it is, and said. */
export function hasSecretInAddress({ url = '' }: ServiceDefinition): boolean {
  const { searchParams } = URL.parse(url) ?? { searchParams: new URLSearchParams() }
  return looksSecret(url) || [...searchParams.keys()].some(isSecretWord)
}

function moveFromWords(
  words: Readonly<Record<string, string>>,
  keep: KeepSecret,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).map(([name, text]) => [
      name,
      isSecret(name, text) ? move(name, text, keep) : text,
    ]),
  )
}

function moveFromArgs(args: readonly string[], keep: KeepSecret): string[] {
  return args.map((arg, index) => {
    const { start, name, value } = readArgument(arg, args[index - 1])
    if (!isSecret(name, value)) return arg
    return start + move(name === '' ? `arg_${index + 1}` : name, value, keep)
  })
}

/** What is a reference already, or nothing, is none. */
function isSecret(name: string, text: string): boolean {
  if (text === '' || text.includes('${')) return false
  return isSecretWord(name) || looksSecret(text)
}

function move(place: string, text: string, keep: KeepSecret): string {
  const [, scheme = '', rest = text] = SCHEME.exec(text) ?? []
  return `${scheme}${toReference(keep(place, rest))}`
}
