import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'jsonc-parser'
import { CliError } from '../../../../cli/cli-error.ts'
import { mergeEntry, renderEntry } from '../../../../cli/mcp/export/merge.ts'
import {
  EXPORT_CLIENTS,
  type ExportClient,
  type Places,
  SHAPES,
} from '../../../../cli/mcp/export/shapes.ts'
import { writeEntry } from '../../../../cli/mcp/export/write.ts'
import { createGatewayCommand } from '../../../support/gateway-command.ts'

const URL_ = 'https://mcp.example.com/mcp'
const SERVER = { name: 'notes', url: URL_, bridge: ['node', 'main.ts', 'connect', URL_] } as const

function entryFor(client: ExportClient) {
  const shape = SHAPES[client]
  const value = shape.entry({ ...SERVER, bridge: [...SERVER.bridge] })
  return { shape, name: SERVER.name, value }
}

/** As those clients document them. */
const DOCUMENTS: Record<Exclude<ExportClient, 'codex'>, object> = {
  claude: { mcpServers: { notes: { type: 'http', url: URL_ } } },
  'claude-desktop': {
    mcpServers: { notes: { command: 'node', args: ['main.ts', 'connect', URL_] } },
  },
  vscode: { servers: { notes: { type: 'http', url: URL_ } } },
  cursor: { mcpServers: { notes: { url: URL_ } } },
  windsurf: { mcpServers: { notes: { serverUrl: URL_ } } },
  zed: { context_servers: { notes: { url: URL_ } } },
  gemini: { mcpServers: { notes: { httpUrl: URL_ } } },
}
for (const [client, expected] of Object.entries(DOCUMENTS)) {
  test(`the document of ${client}`, (t) => {
    t.deepEqual(JSON.parse(renderEntry(entryFor(client as ExportClient))), expected)
  })
}

test('the document of codex', (t) => {
  t.is(renderEntry(entryFor('codex')), `[mcp_servers.notes]\nurl = "${URL_}"\n`)
})

const PLACES: Places = { environment: {}, home: '/h', workingDirectory: '/w', platform: 'linux' }

test('each client has a place of its own, which follows its variables and the platform', (t) => {
  const places = EXPORT_CLIENTS.map((client) => SHAPES[client].place(PLACES))
  t.is(new Set(places).size, EXPORT_CLIENTS.length)
  t.is(SHAPES.codex.place({ ...PLACES, environment: { CODEX_HOME: '/c' } }), '/c/config.toml')
  t.is(
    SHAPES['claude-desktop'].place({ ...PLACES, platform: 'darwin' }),
    '/h/Library/Application Support/Claude/claude_desktop_config.json',
  )
  const named = { ...PLACES, environment: { XDG_CONFIG_HOME: '/x' } }
  t.is(SHAPES.zed.place(named), '/x/zed/settings.json')
})

test('comments, trailing commas and everything else of a settings file stay', (t) => {
  const before =
    '{\n  // dark\n  "theme": "One", // yes\n  "context_servers": { "a": { "url": "u" }, },\n}\n'
  const after = mergeEntry(before, entryFor('zed'), 'settings.json')
  t.true(after.includes('// dark\n  "theme": "One", // yes'))
  t.deepEqual(parse(after, [], { allowTrailingComma: true }), {
    theme: 'One',
    context_servers: { a: { url: 'u' }, notes: { url: URL_ } },
  })
})

test('another server of the same name is told, and replaced on demand alone, once', (t) => {
  const entry = { ...entryFor('cursor'), isReplacing: true }
  const before = '{"mcpServers":{"notes":{"url":"https://old.example/mcp"},"b":{"url":"u"}}}'
  const error = t.throws(() => mergeEntry(before, entryFor('cursor'), '/f'), {
    instanceOf: CliError,
    message: '/f has another server named notes: nothing was changed.',
  })
  t.regex(error.nextStep ?? '', /--name, or --replace/)
  const after = mergeEntry(before, entry, 'mcp.json')
  t.deepEqual(JSON.parse(after), { mcpServers: { notes: { url: URL_ }, b: { url: 'u' } } })
  t.is(mergeEntry(after, entry, 'mcp.json'), after)
})

test('what a person added to the entry is no other server', (t) => {
  const own = `{"mcpServers":{"notes":{"url":"${URL_}","headers":{"X":"1"}}}}`
  t.is(mergeEntry(own, entryFor('cursor'), '/f'), own)
})

for (const [what, source] of [
  ['servers that are a list', '{"mcpServers": []}'],
  ['broken JSON', '{ "mcpServers": '],
  ['a list', '[]'],
  ['no JSON at all', 'hello'],
] as const) {
  test(`${what} is told, not overwritten`, (t) => {
    const error = t.throws(() => mergeEntry(source, entryFor('cursor'), '/f'), {
      instanceOf: CliError,
    })
    t.regex(error.message, /^\/f is not understood/)
  })
}

test('TOML is added to at its end; comments stay', (t) => {
  const before = '# mine\nmodel = "x"\n\n[mcp_servers.a]\ncommand = "c"'
  const after = mergeEntry(before, entryFor('codex'), 'config.toml')
  t.is(after, `${before}\n\n[mcp_servers.notes]\nurl = "${URL_}"\n`)
  t.is(mergeEntry(after, entryFor('codex'), 'config.toml'), after)
})

test('another server of this name in TOML, and servers as an inline table, are told', (t) => {
  const other = '[mcp_servers.notes]\nurl = "https://old.example/mcp"\n'
  t.throws(() => mergeEntry(other, entryFor('codex'), '/f'), { message: /another server named/ })
  const inline = 'mcp_servers = { a = { command = "c" } }\n'
  t.throws(() => mergeEntry(inline, entryFor('codex'), '/f'), { message: /not understood/ })
  t.throws(() => mergeEntry('a = ', entryFor('codex'), '/f'), { message: /not understood/ })
})

function makeFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'export-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a file is written in place, with the one before beside it and its rights kept', (t) => {
  const folder = makeFolder(t)
  const path = join(folder, 'deep/mcp.json')
  t.deepEqual(writeEntry(path, entryFor('cursor')), { path, changed: true, backup: null })
  chmodSync(path, 0o640)
  const first = readFileSync(path, 'utf8')
  t.deepEqual(writeEntry(path, entryFor('cursor')), { path, changed: false, backup: null })
  const other = { ...entryFor('cursor'), name: 'other' }
  t.deepEqual(writeEntry(path, other), { path, changed: true, backup: `${path}.bak` })
  t.is(readFileSync(`${path}.bak`, 'utf8'), first)
  t.is(statSync(path).mode & 0o777, 0o640)
})

test('a link stays a link', (t) => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'dotfiles'))
  const real = join(folder, 'dotfiles/mcp.json')
  writeFileSync(real, '{}')
  symlinkSync(real, join(folder, 'mcp.json'))
  t.is(writeEntry(join(folder, 'mcp.json'), entryFor('cursor')).path, real)
  t.true(readFileSync(real, 'utf8').includes(URL_))
})

test('--replace without --write is refused: nothing would be replaced', async (t) => {
  const gateway = createGatewayCommand(tmpdir())
  const asked = ['export-config', 'https://mcp.example.com/mcp', 'cursor', '--replace']
  const { exitCode, stdout, stderr } = await gateway(asked)
  t.is(exitCode, 2)
  t.is(stdout, '')
  t.regex(stderr, /say --write as well/)
})
