/** What every page wears: the operator's name, logo and colour, or ours. */

import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type Koa from 'koa'
import type { Branding } from '../../lib/catalogue/branding.ts'
import { digest } from '../../lib/platform/seal.ts'
import { publicDocument } from '../steps/headers.ts'

/** What pages/layout.eta shows. */
export interface Dress {
  readonly name: string
  readonly help: string | undefined
  /** Changes with what it names: an old one in a browser's memory is not asked for. */
  readonly style: string
}

export interface Wardrobe {
  readonly dress: Dress
  readonly style: string
  readonly logo: Buffer
  readonly logoType: string
  readonly icon: Buffer
}

const PAGES = import.meta.dirname
const TYPES: Readonly<Record<string, string>> = { '.svg': 'image/svg+xml', '.png': 'image/png' }

/** Read once: a logo that changes is seen at the next start. */
export function openWardrobe({ name, logo, color, help }: Branding): Wardrobe {
  const icon = readFileSync(join(PAGES, 'icon.svg'))
  const plain = readFileSync(join(PAGES, 'style.css'), 'utf8')
  const picture = logo === undefined ? icon : readFileSync(logo)
  const style = [plain, logoRule(picture), color === undefined ? '' : colorRule(color)].join('')
  return {
    dress: {
      name,
      help,
      style: `/assets/style.css?${version(style)}`,
    },
    style,
    logo: picture,
    logoType: TYPES[extname(logo ?? 'icon.svg').toLowerCase()] ?? 'application/octet-stream',
    icon,
  }
}

export function putOn({ dress }: Wardrobe): Koa.Middleware {
  return function putOn(ctx, next) {
    ctx.state.dress = dress
    return next()
  }
}

export function sendStyle({ style }: Wardrobe): Koa.Middleware[] {
  return [publicDocument, send('text/css; charset=utf-8', style)]
}

export function sendLogo({ logo, logoType }: Wardrobe): Koa.Middleware[] {
  return [publicDocument, confine, send(logoType, logo)]
}

export function sendIcon({ icon }: Wardrobe): Koa.Middleware[] {
  return [publicDocument, confine, send('image/svg+xml', icon)]
}

function send(type: string, content: string | Buffer): Koa.Middleware {
  return async function send(ctx) {
    ctx.set('Content-Type', type)
    ctx.body = content
  }
}

/** Opened by itself a picture is a document: it may do nothing then. */
async function confine(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  await next()
}

function version(content: string | Buffer): string {
  return digest(content.toString('base64')).slice(0, 8)
}

function logoRule(picture: Buffer): string {
  const url = `/assets/logo?${version(picture)}`
  return `\n:root {\n  --logo: url("${url}");\n  --logo-shape: ${shapeOf(picture)};\n}\n`
}

const SHAPE = { min: 0.5, max: 4 }

/** Width by height: of a PNG as its header says (W3C PNG 11.2.2), of an SVG as its view box does. */
export function shapeOf(picture: Buffer): number {
  const isPng = picture.subarray(1, 4).toString('latin1') === 'PNG' && picture.length >= 24
  const [width = 1, height = 1] = isPng
    ? [picture.readUInt32BE(16), picture.readUInt32BE(20)]
    : viewBoxOf(picture.toString('utf8'))
  const shape = width / height
  return Number.isFinite(shape) ? Math.min(Math.max(shape, SHAPE.min), SHAPE.max) : 1
}

function viewBoxOf(svg: string): number[] {
  const [, box = ''] = /\bviewBox\s*=\s*["']([^"']*)["']/.exec(svg) ?? []
  return box
    .trim()
    .split(/[\s,]+/)
    .map(Number)
    .slice(2, 4)
}

/** What a button stands on in style.css, light and dark. */
const SHEETS = ['#ffffff', '#1d2128']
/** WCAG 2.2, 1.4.11: what a thing needs to stand out. */
const OUTLINE_CONTRAST = 3

/**
 * The colour is a ground only, with whichever of black and white can be read better on it. Where it hardly
 * differs from the sheet a line goes around it.
 */
function colorRule(color: string): string {
  const ink = contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000'
  const lines = SHEETS.map((sheet) =>
    contrast(color, sheet) >= OUTLINE_CONTRAST ? color : 'var(--field-line)',
  )
  return `
:root {
  --brand: ${color};
  --brand-line: light-dark(${lines.join(', ')});
  --on-brand: ${ink};
}
`
}

/** WCAG 2.2: contrast ratio of two colours, 1 to 21. */
export function contrast(left: string, right: string): number {
  const [dark = 0, light = 0] = [luminance(left), luminance(right)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
