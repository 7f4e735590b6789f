/**
 * Secrets that a client keeps in the open: they go into `.env`, which is its owner's alone, and the entry
 * names them. The configuration file can then be read by anybody, and kept with the rest of the project.
 */

import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { toReference } from './client-texts.ts'

/** What becomes of a secret that was found. @returns NAME in `${secret.NAME}`. */
export type KeepSecret = (place: string, value: string) => string

const SECRET_NAME = /key|token|secret|passw|credential|auth|cookie|bearer|private|(?:^|_)pat$/i
/** A scheme, a JWT, a well-known prefix, or an address with a password. */
const SECRET_VALUE =
  /(?:^|:\s*)(?:bearer|basic|token)\s|\beyJ[\w-]{8,}\.[\w-]+\.|^(?:gh[opsur]_|github_pat_|sk-|xox[abpr]-|glpat-|AKIA|AIza)\w|:\/\/[^/\s:@]*:[^/\s@]+@/i
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
  return SECRET_VALUE.test(url) || [...searchParams.keys()].some((name) => SECRET_NAME.test(name))
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
    const { start, name, value } = readArg(arg, args[index - 1])
    if (!isSecret(name, value)) return arg
    return start + move(name === '' ? `arg_${index + 1}` : name, value, keep)
  })
}

/** `--name=value` or `NAME=value`, the value behind `--name`, or a value by itself. */
function readArg(arg: string, before = ''): { start: string; name: string; value: string } {
  const [, start = '', name = ''] = /^((?:--?)?([\w-]+)=)/.exec(arg) ?? []
  if (start !== '') return { start, name, value: arg.slice(start.length) }
  const [, flag = ''] = /^--?([\w-]+)$/.exec(before) ?? []
  return { start, name: arg.startsWith('-') ? '' : flag, value: arg }
}

/** What is a reference already, or nothing, is none. */
function isSecret(name: string, text: string): boolean {
  if (text === '' || text.includes('${')) return false
  return SECRET_NAME.test(name) || SECRET_VALUE.test(text)
}

function move(place: string, text: string, keep: KeepSecret): string {
  const [, scheme = '', rest = text] = SCHEME.exec(text) ?? []
  return `${scheme}${toReference(keep(place, rest))}`
}
