/** What a person means by a server to add: a package, an image, or an address. */

import { CliError, EXIT_CODE } from '../cli-error.ts'

export type Registry = 'npm' | 'pypi'

export interface PackageReference {
  readonly registry: Registry
  readonly name: string
  /** As written: exact, a range, or a tag. Undefined: the newest. */
  readonly version: string | undefined
}

export type Reference =
  /** More than one where the text does not say which registry is meant. */
  | { readonly kind: 'package'; readonly candidates: readonly PackageReference[] }
  | { readonly kind: 'image'; readonly image: string }
  | { readonly kind: 'url'; readonly url: string }

const NPM = /^(?<name>(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*)(?:@(?<version>[\w^~*][\w.+-]*))?$/
/** PEP 508 names; `@` is how uvx writes a version. */
const PYPI =
  /^(?<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:(?:==|@)(?<version>[A-Za-z0-9][\w.+!-]*))?$/
/** `[registry/]path[:tag][@digest]` (distribution reference grammar). */
const IMAGE =
  /^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?$/

/** @throws CliError for what is none of them. */
export function readReference(text: string): Reference {
  if (/^https?:\/\//i.test(text)) return { kind: 'url', url: text }
  const [, prefix, rest = ''] = /^(npm|pypi|image):(.*)$/.exec(text) ?? []
  if (prefix === 'image') return IMAGE.test(rest) ? { kind: 'image', image: rest } : refuse(text)
  const candidates = prefix === undefined ? guess(text) : [read(prefix as Registry, rest)]
  const found = candidates.filter((one) => one !== undefined)
  if (found.length > 0) return { kind: 'package', candidates: found }
  // Slashes without a scope are in no package's name, and in many images'.
  if (prefix === undefined && text.includes('/') && IMAGE.test(text)) {
    return { kind: 'image', image: text }
  }
  return refuse(text)
}

function guess(text: string): readonly (PackageReference | undefined)[] {
  if (text.startsWith('@')) return [read('npm', text)]
  if (text.includes('==')) return [read('pypi', text)]
  return [read('npm', text), read('pypi', text)]
}

function read(registry: Registry, text: string): PackageReference | undefined {
  const { name, version } = (registry === 'npm' ? NPM : PYPI).exec(text)?.groups ?? {}
  return name === undefined ? undefined : { registry, name, version }
}

function refuse(text: string): never {
  throw new CliError(`"${text}" is no package, image or address.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'npm:NAME[@VERSION], pypi:NAME[==VERSION], image:NAME[:TAG], or https://…',
  })
}
