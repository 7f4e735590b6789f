import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PLAIN_BRANDING } from '../../../../lib/catalogue/branding.ts'
import { readGateway } from '../../../../lib/catalogue/gateway.ts'
import { faultsOf, folderWith, readYaml } from '../../../support/configuration.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1z"/></svg>'

function folderWithLogo(name: string, content: string | Buffer): string {
  const folder = folderWith(`branding: { logo: ${JSON.stringify(name)} }`)
  writeFileSync(join(folder, name), content)
  return folder
}

test('without branding the pages are plain', (t) => {
  t.deepEqual(readYaml('').branding, PLAIN_BRANDING)
})

test('name, colour and help as they are written', (t) => {
  const { branding } = readYaml(
    'branding: { name: " Acme Tools ", color: "#AbCdEf", help: "mailto:help@acme.example" }',
  )
  t.deepEqual(branding, {
    name: 'Acme Tools',
    logo: undefined,
    color: '#abcdef',
    help: 'mailto:help@acme.example',
  })
})

for (const [name, content] of [
  ['logo.png', PNG],
  ['LOGO.SVG', SVG],
  ['declared.svg', `\uFEFF<?xml version="1.0"?>\n<!-- by <us> -->\n<!DOCTYPE svg>\n${SVG}`],
] as const) {
  test(`${name} is found beside the file`, (t) => {
    const folder = folderWithLogo(name, content)
    t.is(readGateway({}, folder).branding.logo, join(folder, name))
  })
}

const isLogoFault = test.macro({
  exec(t, file: string, content: string | Buffer, expected: RegExp) {
    const folder = folderWithLogo(file, content)
    const faults = faultsOf(() => readGateway({}, folder))
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', /^branding\.logo: /)
    t.regex(faults[0] ?? '', expected)
  },
  title: (name = '') => `logo: ${name} is a fault`,
})
test('another kind of file', isLogoFault, 'a.gif', PNG, /must be a \.svg or \.png file/)
test('a PNG that is none', isLogoFault, 'a.png', SVG, /is no PNG picture/)
test('an SVG that is a page', isLogoFault, 'a.svg', `<html>${SVG}</html>`, /is no SVG picture/)
test('an SVG that is a PNG', isLogoFault, 'a.svg', PNG, /is no SVG picture/)
test('an empty file', isLogoFault, 'a.svg', '', /is no SVG picture/)
test(
  'a script',
  isLogoFault,
  'a.svg',
  SVG.replace('<path', '<SCRIPT>1</SCRIPT><path'),
  /holds "<SCRIPT"/,
)
test(
  'a handler',
  isLogoFault,
  'a.svg',
  SVG.replace('<path', '<path\nonload = "x"'),
  /holds "onload/,
)
test(
  'a link that runs',
  isLogoFault,
  'a.svg',
  SVG.replace('<path', '<a href="javascript:1"/><path'),
  /holds "javascript:/,
)
test(
  'an entity',
  isLogoFault,
  'a.svg',
  `<!DOCTYPE svg [<!ENTITY a "b">]>${SVG}`,
  /is no SVG picture|ENTITY/,
)
test(
  'a large one',
  isLogoFault,
  'a.png',
  Buffer.concat([PNG, Buffer.alloc(262_144)]),
  /262160 bytes/,
)

test('a logo that is not there is a fault', (t) => {
  const [fault] = faultsOf(() => readYaml('branding: { logo: gone.svg }'))
  t.regex(fault ?? '', /^branding\.logo: \S+gone\.svg cannot be read: ENOENT/)
})

const isFault = test.macro({
  exec(t, member: string, value: string, expected: RegExp) {
    const yaml = `branding: { ${member}: ${JSON.stringify(value)} }`
    const faults = faultsOf(() => readYaml(yaml))
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', new RegExp(`branding\\.${member}: `))
    t.regex(faults[0] ?? '', expected)
  },
  title: (_name, member, value) => `${member} ${JSON.stringify(value).slice(0, 60)} is a fault`,
})
test(isFault, 'name', '', /blank/)
test(isFault, 'name', ' ', /blank/)
test(isFault, 'name', 'a'.repeat(61), /60/)
test(isFault, 'name', 'a\u202eb', /plain text/)
test(isFault, 'name', 'a\nb', /plain text/)
for (const color of ['red', '#abc', '#abcdeg', '#abcdef;x']) {
  test(isFault, 'color', color, /#rrggbb/)
}
for (const help of [
  'http://help.example',
  'javascript:alert(1)',
  'https://me:x@help.example',
  'mailto:',
  'help@acme.example',
  'https://a b',
  `https://${'a'.repeat(500)}.example`,
]) {
  test(isFault, 'help', help, /must be https:\/\/… or mailto:/)
}
