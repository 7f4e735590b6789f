import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PLAIN_BRANDING } from '../../../../lib/catalogue/branding.ts'
import { contrast, openWardrobe, shapeOf } from '../../../../oauth-server/pages/dress.ts'
import { folderWith } from '../../../support/configuration.ts'

test('contrast is what WCAG 2.2 says it is', (t) => {
  t.is(contrast('#000000', '#ffffff'), 21)
  t.is(contrast('#ffffff', '#000000'), 21)
  t.is(contrast('#0a7d55', '#0a7d55'), 1)
  t.is(contrast('#767676', '#ffffff').toFixed(2), '4.54')
})

const css = readFileSync(
  join(import.meta.dirname, '../../../../oauth-server/pages/style.css'),
  'utf8',
)
const palette = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)

/** WCAG 2.2: 1.4.3 of what is read, 1.4.11 of what shows where something is. */
const STANDS_ON: readonly (readonly [string, readonly string[], number])[] = [
  ['ink', ['ground', 'sheet', 'well'], 4.5],
  ['faint', ['ground', 'sheet', 'well'], 4.5],
  ['accent', ['ground', 'sheet', 'well'], 4.5],
  ['problem', ['problem-ground'], 4.5],
  ['warning', ['warning-ground'], 4.5],
  ['good', ['good-ground'], 4.5],
  ['on-brand', ['brand'], 4.5],
  ['field-line', ['sheet'], 3],
  ['problem', ['sheet'], 3],
  ['good', ['sheet', 'well'], 3],
]

for (const scheme of ['light', 'dark'] as const) {
  test(`whatever the stylesheet writes can be read: ${scheme}`, (t) => {
    const colorOf = (name: string): string => palette.get(name)?.[scheme] ?? ''
    for (const [name, grounds, least] of STANDS_ON) {
      for (const ground of grounds) {
        const ratio = contrast(colorOf(name), colorOf(ground))
        t.true(ratio >= least, `--${name} on --${ground}: ${ratio.toFixed(2)}`)
      }
    }
  })
}

test('nothing is written in the colour of the operator, and nothing makes it lighter', (t) => {
  t.notRegex(css, /[^-]color: var\(--brand|brightness/)
})

test('text on a colour of the operator’s can be read, whatever the colour', (t) => {
  const steps = ['00', '33', '66', '77', '99', 'cc', 'ff']
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const color = `#${red}${green}${blue}`
        const { style } = openWardrobe({ ...PLAIN_BRANDING, color })
        const [, ground, ink] = /--brand: (#\w{6});[^}]*--on-brand: (#\w{6})/.exec(style) ?? []
        t.is(ground, color)
        t.true(contrast(color, ink ?? color) >= 4.5, `${ink} on ${color}`)
      }
    }
  }
})

test('a button of a colour that hardly differs from the sheet has a line around it', (t) => {
  const lineOf = (color: string): string | undefined =>
    /--brand-line: (light-dark.*);/.exec(openWardrobe({ ...PLAIN_BRANDING, color }).style)?.[1]
  t.is(lineOf('#ffee88'), 'light-dark(var(--field-line), #ffee88)')
  t.is(lineOf('#101418'), 'light-dark(#101418, var(--field-line))')
  t.is(lineOf('#3a86d8'), 'light-dark(#3a86d8, #3a86d8)')
})

test('without a colour the stylesheet is as it is written, and its address changes with it', (t) => {
  const plain = openWardrobe(PLAIN_BRANDING)
  const green = openWardrobe({ ...PLAIN_BRANDING, color: '#0a7d55' })
  t.true(green.style.startsWith(plain.style))
  t.not(green.dress.style, plain.dress.style)
  t.is(openWardrobe(PLAIN_BRANDING).dress.style, plain.dress.style)
})

test('a logo is sent as what its name says', (t) => {
  const folder = folderWith('')
  const written = (name: string): string => {
    const path = join(folder, name)
    writeFileSync(path, `the picture ${name}`)
    return path
  }
  const svg = openWardrobe({ ...PLAIN_BRANDING, logo: written('logo.SVG') })
  const png = openWardrobe({ ...PLAIN_BRANDING, logo: written('logo.png') })
  t.is(svg.logoType, 'image/svg+xml')
  t.is(png.logoType, 'image/png')
  t.is(png.logo.toString(), 'the picture logo.png')
  t.not(png.dress.style, svg.dress.style)
  t.is(openWardrobe(PLAIN_BRANDING).logoType, 'image/svg+xml')
})

test('a logo is as wide as its picture says, within bounds', (t) => {
  const svg = (box: string): Buffer => Buffer.from(`<svg viewBox="${box}">`)
  t.is(shapeOf(svg('0 0 32 32')), 1)
  t.is(shapeOf(svg('0,0,60,20')), 3)
  t.is(shapeOf(svg('0 0 900 1')), 4)
  t.is(shapeOf(svg('0 0 1 0')), 1)
  t.is(shapeOf(Buffer.from('<svg>')), 1)
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(16)])
  png.writeUInt32BE(200, 16)
  png.writeUInt32BE(100, 20)
  t.is(shapeOf(png), 2)
})
