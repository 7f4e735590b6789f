/** The operator's branding: what is written down, and whether the logo is a picture. */

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Branding, PLAIN_BRANDING } from './branding.ts'
import type { BrandingDefinition } from './branding-definition.ts'

const LOGO_BYTES_MAX = 256 * 1024
const HELP_CHARACTERS_MAX = 500

/** Adds what is wrong to `faults`, each with its place. Relative paths are from `folder`. */
export function toBranding(
  definition: BrandingDefinition,
  folder: string,
  faults: string[],
): Branding {
  const logo = definition.logo === undefined ? undefined : resolve(folder, definition.logo)
  const found = {
    logo: logo === undefined ? undefined : logoFault(logo),
    help: definition.help === undefined ? undefined : helpFault(definition.help),
  }
  for (const [member, fault] of Object.entries(found)) {
    if (fault !== undefined) faults.push(`branding.${member}: ${fault}`)
  }
  return {
    name: definition.name?.trim() ?? PLAIN_BRANDING.name,
    logo,
    color: definition.color?.toLowerCase(),
    help: definition.help,
  }
}

function helpFault(help: string): string | undefined {
  const url = help.length > HELP_CHARACTERS_MAX || /[\s\p{C}]/u.test(help) ? null : URL.parse(help)
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return undefined
  if (url?.protocol === 'mailto:' && url.pathname.includes('@')) return undefined
  return `must be https://… or mailto:name@example.com, not "${help}"`
}

function logoFault(path: string): string | undefined {
  const [ending] = /\.(?:svg|png)$/i.exec(path) ?? []
  if (ending === undefined) return `must be a .svg or .png file, not "${path}"`
  let content: Buffer
  try {
    const { size } = statSync(path)
    if (size > LOGO_BYTES_MAX) return `${path} has ${size} bytes, at most ${LOGO_BYTES_MAX} may be`
    content = readFileSync(path)
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`
  }
  return ending.toLowerCase() === '.png' ? pngFault(path, content) : svgFault(path, content)
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

function pngFault(path: string, content: Buffer): string | undefined {
  return content.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)
    ? undefined
    : `${path} is no PNG picture`
}

/** What may stand before the picture: a byte order mark, declaration, comments, a document type. */
const SVG_START =
  /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE svg[^>[]*>\s*)*<svg[\s>]/i
const ACTIVE = /<script|<foreignObject|<!ENTITY|\son[a-z]+\s*=|javascript:/i

function svgFault(path: string, content: Buffer): string | undefined {
  const source = content.toString('utf8')
  if (!SVG_START.test(source)) return `${path} is no SVG picture`
  const [found] = ACTIVE.exec(source) ?? []
  if (found === undefined) return undefined
  return `${path} holds "${found.trim()}": a logo must be a picture without a program`
}
