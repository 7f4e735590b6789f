import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { CliError } from '../../../../cli/cli-error.ts'
import type { Context } from '../../../../cli/context.ts'
import { type AddOptions, addServer } from '../../../../cli/servers/add-server.ts'
import { writeContainer } from '../../../../cli/servers/image/add-image.ts'
import { hasContainer } from '../../../../cli/servers/image/compose-file.ts'
import { importServers } from '../../../../cli/servers/import/import-servers.ts'
import { createPackageLookup } from '../../../../cli/servers/package-lookup.ts'

const FACTS = { pinned: 'tools:1', command: ['x'], workingDirectory: '', variables: [] }
const UNTRIED: AddOptions = { try: false }

function makePlace(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'adding-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'gateway.yaml')
  const context: Pick<Context, 'environment' | 'workingDirectory' | 'clock'> = {
    environment: {},
    workingDirectory: folder,
    clock: Date.now,
  }
  const served = (): string[] => Object.keys(parse(readFileSync(path, 'utf8')).mcpServers)
  return { folder, path, context: context as Context, served }
}

/** @param meanwhile what others do while a person thinks. */
function add(place: ReturnType<typeof makePlace>, options: AddOptions, meanwhile = () => {}) {
  return addServer(
    place.context,
    { text: 'https://mcp.example.com/mcp', args: [] },
    { ...options, name: 'far' },
    {
      lookup: createPackageLookup({}),
      confirm: async () => meanwhile(),
      note() {},
    },
  )
}

for (const [text, options, told] of [
  ['https://mcp.example.com/mcp', { bin: 'x' }, /^--bin means nothing for a server elsewhere/],
  ['https://mcp.example.com/mcp', { env: ['A=b'] }, /^--env means nothing/],
  ['https://mcp.example.com/mcp', { internet: true }, /^--internet means nothing/],
  ['npm:some', { internet: true }, /^--internet means nothing for a package/],
  ['npm:some', { header: ['a: b'] }, /^--header means nothing/],
  ['image:some:1', { privateAddresses: true }, /^--private-addresses means nothing for an image/],
  ['https://mcp.example.com/mcp', {}, /elsewhere takes no arguments/],
] as const) {
  test(`${text} with ${Object.keys(options).join() || 'arguments'} is refused, not half done`, async (t) => {
    const { context } = makePlace(t)
    const ports = { lookup: createPackageLookup({}), confirm: async () => {}, note() {} }
    const adding = addServer(context, { text, args: ['x'] }, { ...UNTRIED, ...options }, ports)
    t.is((await t.throwsAsync(adding, { message: told, instanceOf: CliError })).exitCode, 2)
  })
}

test('what others wrote while a person was asked stays', async (t) => {
  const place = makePlace(t)
  await add(place, UNTRIED, () => {
    writeFileSync(place.path, 'mcpServers:\n  theirs: { command: theirs }\n')
  })
  t.deepEqual(place.served(), ['theirs', 'far'])
})

test('a name that somebody took meanwhile is theirs', async (t) => {
  const place = makePlace(t)
  const theirs = 'mcpServers:\n  far: { command: theirs }\n'
  const adding = add(place, UNTRIED, () => writeFileSync(place.path, theirs))
  await t.throwsAsync(adding, { instanceOf: CliError, message: /has a service far already/ })
  t.is(readFileSync(place.path, 'utf8'), theirs)
})

test('an import adds to what others wrote meanwhile, and takes no name from them', async (t) => {
  const place = makePlace(t)
  const from = join(place.folder, 'mcp.json')
  writeFileSync(
    from,
    JSON.stringify({ mcpServers: { mine: { command: 'a', env: { API_KEY: 'secret-of-mine' } } } }),
  )
  const importing = (theirs: string) =>
    importServers(
      place.context,
      from,
      { try: false },
      {
        confirm: async () => writeFileSync(place.path, theirs),
        note() {},
      },
    )
  await t.throwsAsync(importing('mcpServers: { mine: { command: b } }\n'), {
    instanceOf: CliError,
    message: /has meanwhile got mine\./,
  })
  t.false(existsSync(join(place.folder, '.env')), 'no secret is left behind')
  rmSync(place.path)
  await importing('mcpServers:\n  theirs: { command: b }\n')
  t.deepEqual(place.served(), ['theirs', 'mine'])
})

test('what takes the place of an image leaves no container behind', async (t) => {
  const place = makePlace(t)
  writeFileSync(
    place.path,
    'mcpServers:\n  far: { command: x, runner: /run/runners/far/runner.sock }\n',
  )
  writeContainer(place.context, 'far', { facts: FACTS, internet: false })
  const own = (): string => readFileSync(join(place.folder, 'compose.own.yaml'), 'utf8')
  t.true(hasContainer(own(), 'far'))
  const added = await add(place, { ...UNTRIED, replace: true })
  t.true(added.leavesContainer)
  t.false(hasContainer(own(), 'far'))
  t.deepEqual(parse(readFileSync(place.path, 'utf8')).mcpServers.far, {
    url: 'https://mcp.example.com/mcp',
  })
})

test('a container is written with the .env that names it, or not at all, and can be taken back', (t) => {
  const { folder, context } = makePlace(t)
  const compose = join(folder, 'compose.own.yaml')
  const env = join(folder, '.env')
  symlinkSync(join(folder, 'elsewhere'), env)
  t.throws(() => writeContainer(context, 'tools', { facts: FACTS, internet: false }), {
    message: /is a link/,
  })
  t.false(existsSync(compose))
  rmSync(env)
  writeFileSync(env, 'A=1\n')
  const takeBack = writeContainer(context, 'tools', { facts: FACTS, internet: false })
  t.true(hasContainer(readFileSync(compose, 'utf8'), 'tools'))
  t.regex(readFileSync(env, 'utf8'), /COMPOSE_FILE=compose.yaml:compose.own.yaml/)
  takeBack()
  t.false(existsSync(compose))
  t.is(readFileSync(env, 'utf8'), 'A=1\n')
})

test('what is only looked at writes nothing, also where nothing can be written', async (t) => {
  const place = makePlace(t)
  writeFileSync(place.path, 'mcpServers: {}\n')
  const watcher = watch(place.folder)
  const touched: unknown[] = []
  watcher.on('change', (_, name) => touched.push(name))
  t.is((await add(place, { ...UNTRIED, dryRun: true })).followed, undefined)
  await sleep(200)
  watcher.close()
  t.deepEqual(touched, [])
  t.deepEqual(readdirSync(place.folder), ['gateway.yaml'])
})
