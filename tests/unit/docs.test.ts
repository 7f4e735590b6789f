import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { messagesWithoutCure } from '../../docs/generate/errors/command-line.ts'
import { stalePages } from '../../docs/generate.ts'
import { gatewayFile } from '../../lib/catalogue/gateway-file.ts'
import { readYaml } from '../support/configuration.ts'
import { unknownCommands } from '../support/docs/gateway-commands.ts'
import { deadLinks, linkedPages } from '../support/docs/links.ts'
import { ROOT, readPages } from '../support/docs/pages.ts'
import { unreadVariables } from '../support/docs/variable-names.ts'

const PAGES = readPages()
const pageOf = (path: string) => {
  const page = PAGES.find((one) => one.path === path)
  if (page === undefined) throw new Error(`there is no ${path}`)
  return page
}
const yamlOf = (path: string): string[] =>
  pageOf(path)
    .blocks.filter(({ language }) => language === 'yaml')
    .map(({ source }) => source)

test('generated pages are what the code says (npm run docs)', (t) => {
  t.deepEqual(stalePages(), [])
})

test('every message of the command line says what to do next, in the code or on the page', (t) => {
  t.deepEqual(messagesWithoutCure(), [])
})

test('every block says what it is written in', (t) => {
  const known = ['sh', 'yaml', 'json', 'ini', 'toml', 'text']
  const faults = PAGES.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => !known.includes(language))
      .map(({ line, language }) => `${path}:${line} ${language}`),
  )
  t.deepEqual(faults, [])
})

test('commands and options that pages name exist', (t) => {
  t.deepEqual(PAGES.flatMap(unknownCommands), [])
})

test('tests that pages name exist', (t) => {
  const named = PAGES.flatMap(({ path, text }) =>
    [...text.matchAll(/\btests\/[\w/.-]+\.ts\b/g)].map(([file]) => ({ path, file })),
  )
  t.deepEqual(
    named.filter(({ file }) => !existsSync(join(ROOT, file))),
    [],
  )
})

test('links and anchors of pages lead somewhere', (t) => {
  t.deepEqual(PAGES.flatMap(deadLinks), [])
})

test('variables that pages name are read by some code', (t) => {
  t.deepEqual(PAGES.flatMap(unreadVariables), [])
})

test('every page can be reached from the README', (t) => {
  const reached = new Set(['README.md'])
  for (const path of reached) for (const linked of linkedPages(pageOf(path))) reached.add(linked)
  t.deepEqual(
    PAGES.map(({ path }) => path).filter((path) => !reached.has(path)),
    [],
  )
})

test('every gateway.yaml that a page shows is one', (t) => {
  const shown = PAGES.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language, source }) => language === 'yaml' && isGatewayFile(source))
      .map(({ source, line }) => ({ source, place: `${path}:${line}` })),
  )
  t.true(shown.length >= 15)
  for (const { source, place } of shown) t.notThrows(() => gatewayFile.parse(parse(source)), place)
})

function isGatewayFile(source: string): boolean {
  return /^(?:mcpServers|providers|access|clients|branding):/m.test(source)
}

test('every service that docs/remote.md shows is one', (t) => {
  const { services } = readYaml(yamlOf('docs/remote.md')[0] ?? '')
  for (const name of ['docs', 'search', 'notes', 'reports']) {
    t.is(services.get(name)?.launch.kind, 'remote')
  }
})

test('the rules that are shown belong to the providers that are', (t) => {
  const providers = yamlOf('docs/login-providers.md').find((yaml) => yaml.includes('okta:')) ?? ''
  const rules = yamlOf('docs/who-may-in.md')[0] ?? ''
  const { access } = readYaml(providers + rules, { GITHUB_CLIENT_ID: 'id' })
  t.is(access.gateway?.length, 7)
  t.is(access.services.get('memory')?.length, 2)
})
