import { homedir } from 'node:os'
import test from 'ava'
import { readClientEntry } from '../../../../cli/servers/import/client-entry.ts'
import { parseClientFile } from '../../../../cli/servers/import/client-file.ts'
import { hasSecretInAddress, moveSecrets } from '../../../../cli/servers/import/move-secrets.ts'
import { type ImportPlace, planImport } from '../../../../cli/servers/import/plan-import.ts'
import { createSecretShelf, toSecretName } from '../../../../cli/servers/import/secret-shelf.ts'

const ENTRY = { command: 'x' }

for (const [client, content] of [
  ['Claude, Cursor', { mcpServers: { a: ENTRY } }],
  ['VS Code', { inputs: [], servers: { a: ENTRY } }],
  ['VS Code settings', { 'editor.x': 1, mcp: { servers: { a: ENTRY } } }],
  ['Zed', { context_servers: { a: ENTRY } }],
] as const) {
  test(`the file of ${client}`, (t) => {
    t.deepEqual([...parseClientFile(JSON.stringify(content), 'f').entries], [['a', ENTRY]])
  })
}

test('the file of Codex, which names the variable of a token', (t) => {
  const text = '[mcp_servers.a]\nurl = "https://a.example"\nbearer_token_env_var = "A_TOKEN"\n'
  const entry = parseClientFile(text, 'config.toml').entries.get('a') ?? {}
  t.deepEqual(readClientEntry(entry, PLACE), {
    definition: {
      url: 'https://a.example',
      headers: { Authorization: 'Bearer ${secret.A_TOKEN}' },
    },
    notes: [],
  } as object)
  t.throws(() => parseClientFile('a = ', 'config.toml'), { message: /is no TOML/ })
})

test('comments and last commas are no fault, and texts that look like them are texts', (t) => {
  const text = `\uFEFF{ // mine
    "mcpServers": { /* one */ "a": { "command": "x//y", "args": ["/*", ",]", "\\"//"], }, // last
    }, }`
  const entry = parseClientFile(text, 'f').entries.get('a')
  t.deepEqual(entry, { command: 'x//y', args: ['/*', ',]', '"//'] })
})

test('what has no servers, or is no JSON, is said', (t) => {
  t.throws(() => parseClientFile('{"a": 1}', 'f'), { message: /f has no servers/ })
  t.throws(() => parseClientFile('[]', 'f'), { message: /f has no servers/ })
  t.throws(() => parseClientFile('{', 'f'), { message: /f is no JSON/ })
  t.throws(() => parseClientFile('\uFEFF{"mcpServers":\r\n {"a":,}}', 'f'), {
    message: 'f is no JSON: ValueExpected at line 2, column 7.',
  })
})

const SET: Record<string, string> = { BIN: '/opt/x', HOST: 'a.example', SET: 'here' }
/** Titles of entries that say what became readable. */
const WRITTEN_OUT = /in which the gateway knows no words|made of variables|of its own variables/
const PLACE = {
  home: '/home/ann',
  project: '/project',
  nameOfInput: (id: string) => `IN_${id}`,
  lookUp: (name: string) => SET[name],
}

for (const [title, entry, definition] of [
  [
    'a program, without what only a client needs',
    { command: 'x', args: ['a', 1], env: { A: 1 }, cwd: '', autoApprove: ['t'], timeout: 5 },
    { command: 'x', args: ['a', '1'], env: { A: '1' } },
  ],
  ['one that is off', { command: 'x', disabled: true }, { command: 'x', enabled: false }],
  ['an address', { url: 'https://a.example/mcp' }, { url: 'https://a.example/mcp' }],
  [
    'an address as Windsurf writes it',
    { serverUrl: 'https://a.example', headers: { A: 'b' } },
    { url: 'https://a.example', headers: { A: 'b' } },
  ],
  [
    'an address with its transport',
    { type: 'sse', url: 'https://a.example' },
    { url: 'https://a.example', type: 'sse' },
  ],
  ['an odd transport', { type: 'ws', url: 'https://a.example' }, { url: 'https://a.example' }],
  [
    'a program as Zed writes it',
    { source: 'custom', command: { path: 'x', args: ['a'], env: { A: 'b' } } },
    { command: 'x', args: ['a'], env: { A: 'b' } },
  ],
  [
    'a program behind a shell',
    { command: 'cmd', args: ['/c', 'x', 'a'] },
    { command: 'x', args: ['a'] },
  ],
  [
    'mcp-remote',
    {
      command: 'npx',
      args: ['-y', 'mcp-remote@1', 'https://a.example/sse', '--header', 'X-Key:${K}'],
      env: { K: 'v' },
    },
    { url: 'https://a.example/sse', headers: { 'X-Key': 'v' } },
  ],
  [
    'what stands for something',
    {
      command: '${userHome}/x',
      args: ['${workspaceFolder}/a', '${env:TOKEN}', '${input:id}'],
      env: { A: 'x ${NAME}', B: '${UNSET:-plain}', C: '${SET:-plain}' },
    },
    {
      command: '/home/ann/x',
      args: ['/project/a', '${secret.TOKEN}', '${secret.IN_id}'],
      env: { A: 'x ${secret.NAME}', B: 'plain', C: '${secret.SET}' },
    },
  ],
  [
    'a command and an address, in which the gateway knows no words',
    { command: '${BIN}/run', args: ['${BIN}'] },
    { command: '/opt/x/run', args: ['${secret.BIN}'] },
  ],
  [
    'an address that is made of variables',
    { url: 'https://${HOST}/${PATH_THERE:-mcp}' },
    { url: 'https://a.example/mcp' },
  ],
  [
    'mcp-remote with an address of its own variables',
    { command: 'npx', args: ['mcp-remote', 'https://${H}/mcp'], env: { H: 'b.example' } },
    { url: 'https://b.example/mcp' },
  ],
] as const) {
  test(`an entry: ${title}`, (t) => {
    const reading = readClientEntry(entry, PLACE)
    t.deepEqual('definition' in reading && reading.definition, definition as object)
    const notes = 'notes' in reading ? reading.notes.join() : ''
    const isWrittenOut = WRITTEN_OUT.test(title)
    t.is(notes.includes('written out in clear'), isWrittenOut)
    if (!isWrittenOut) t.is(notes, '')
  })
}

for (const [entry, problem] of [
  [{}, /neither a command nor an address/],
  [{ command: 'x', args: ['${command:pick}'] }, /that client alone/],
  [{ command: 'x', args: ['${lower}'] }, /no name that the gateway can use/],
  [{ command: 'x', env: { A: '${GATEWAY_SECRET}' } }, /a key of the gateway itself/],
  [{ url: 'https://${NOWHERE}/mcp' }, /address needs NOWHERE, which is not set/],
] as const) {
  test(`no entry: ${JSON.stringify(entry)}`, (t) => {
    const reading = readClientEntry(entry, PLACE)
    t.regex('problem' in reading ? reading.problem : '', problem)
  })
}

test('what a person should know of an entry', (t) => {
  const notesOf = (entry: object): string => {
    const reading = readClientEntry(entry as Record<string, unknown>, PLACE)
    return 'notes' in reading ? reading.notes.join('\n') : ''
  }
  t.regex(notesOf({ command: 'x', envFile: '.env' }), /envFile is the client's/)
  t.regex(notesOf({ command: 'docker', args: ['run', 'x'] }), /gateway add image/)
  t.regex(notesOf({ command: 'npx', args: ['-y', '@s/x'] }), /newest @s\/x/)
  t.is(notesOf({ command: 'npx', args: ['-y', '@s/x@1'] }), '')
})

test('secrets are moved, wherever a client keeps them, and nothing else is', (t) => {
  const kept = new Map<string, string>()
  const keep = (place: string, value: string): string => {
    const name = place.toUpperCase().replaceAll('-', '_')
    kept.set(name, value)
    return name
  }
  const moved = moveSecrets(
    {
      command: 'x',
      args: ['--api-key', 'c1', '--mode', 'fast', '--token=c2', '-v', 'ghp_c3', '${secret.HERE}'],
      env: { DB_PASSWORD: 'c4', MODE: 'fast', DATABASE_URL: 'postgres://u:c5@h/d', KEY: '' },
      headers: { Authorization: 'Bearer c6', 'X-Mode': 'fast' },
    },
    keep,
  )
  t.deepEqual(moved, {
    command: 'x',
    args: [
      '--api-key',
      '${secret.API_KEY}',
      '--mode',
      'fast',
      '--token=${secret.TOKEN}',
      '-v',
      '${secret.V}',
      '${secret.HERE}',
    ],
    env: {
      DB_PASSWORD: '${secret.DB_PASSWORD}',
      MODE: 'fast',
      DATABASE_URL: '${secret.DATABASE_URL}',
      KEY: '',
    },
    headers: { Authorization: 'Bearer ${secret.AUTHORIZATION}', 'X-Mode': 'fast' },
  })
  t.deepEqual([...kept.values()].sort(), ['c1', 'c2', 'c4', 'c6', 'ghp_c3', 'postgres://u:c5@h/d'])
})

test('an address that carries a secret is told', (t) => {
  t.true(hasSecretInAddress({ url: 'https://a.example/mcp?api_key=1' }))
  t.true(hasSecretInAddress({ url: 'https://u:p@a.example' }))
  t.false(hasSecretInAddress({ url: 'https://a.example/mcp?mode=1' }))
  t.false(hasSecretInAddress({ command: 'x' }))
})

for (const [service, place, name] of [
  ['github', 'GITHUB_TOKEN', 'GITHUB_TOKEN'],
  ['docs', 'Authorization', 'DOCS_AUTHORIZATION'],
  ['my-notes', 'api-key', 'MY_NOTES_API_KEY'],
  ['github', 'CLIENT_SECRET', 'OWN_GITHUB_CLIENT_SECRET'],
  ['gateway', 'TOKEN', 'OWN_GATEWAY_TOKEN'],
  ['registration', 'TOKEN', 'OWN_REGISTRATION_TOKEN'],
  ['7zip', 'KEY', 'OWN_7ZIP_KEY'],
] as const) {
  test(`the ${place} of ${service} is kept as ${name}`, (t) => {
    t.is(toSecretName(service, place), name)
  })
}

test('one name never means two values', (t) => {
  const shelf = createSecretShelf({ A_KEY: 'somebody’s' })
  t.is(shelf.put('a', 'KEY', 'one'), 'A_KEY_2')
  t.is(shelf.put('a', 'KEY', 'one'), 'A_KEY_2')
  t.is(shelf.put('a', 'KEY', 'two'), 'A_KEY_3')
  t.is(shelf.put('a', 'KEY', 'somebody’s'), 'A_KEY')
  t.deepEqual(
    [...shelf.added],
    [
      ['A_KEY_2', 'one'],
      ['A_KEY_3', 'two'],
    ],
  )
})

const OURS = 'http://localhost:8642'
const place = (more: Partial<ImportPlace> = {}): ImportPlace => ({
  path: '/project/.vscode/mcp.json',
  environment: {},
  taken: new Set(['taken']),
  isReplacing: false,
  isOurs: (url) => url.startsWith(OURS),
  ...more,
})
const plan = (servers: Record<string, unknown>, more: Partial<ImportPlace> = {}) =>
  planImport(parseClientFile(JSON.stringify({ servers }), 'f'), place(more))

test('what is no server is left out aloud', (t) => {
  const { entries, leftOut } = plan({ a: 'npx a', b: null, '': ENTRY })
  t.deepEqual(entries, [])
  t.deepEqual(leftOut, [
    { given: 'a', why: 'it has neither a command nor an address' },
    { given: 'b', why: 'it has neither a command nor an address' },
    { given: '', why: 'no service name can be made of its name' },
  ])
})

test('a plan: what comes, under which name, and what it still needs', (t) => {
  const { entries, leftOut, shelf } = plan({
    'My Notes': { command: '${userHome}/x', args: ['${workspaceFolder}'], env: { KEY: 'canary' } },
    asks: { url: 'https://a.example', headers: { Authorization: 'Bearer ${input:pat}' } },
  })
  t.deepEqual(leftOut, [])
  const [notes, asks] = entries
  t.like(notes, { given: 'My Notes', name: 'my-notes', missing: [] })
  t.deepEqual(notes?.definition.args, ['/project'])
  t.is(notes?.definition.command, `${homedir()}/x`)
  t.regex(notes?.notes.join('\n') ?? '', /served as my-notes[\s\S]*\.env: MY_NOTES_KEY/)
  t.false(JSON.stringify(entries).includes('canary'))
  t.is(shelf.added.get('MY_NOTES_KEY'), 'canary')
  t.deepEqual(asks?.missing, ['ASKS_PAT'])
  const set = plan(
    { asks: { url: 'https://a.example', headers: { A: '${X}' } } },
    {
      environment: { X: 'set' },
    },
  )
  t.deepEqual(set.entries[0]?.missing, [])
})

test('a plan: what is left out, and why', (t) => {
  const servers = {
    taken: ENTRY,
    memory: ENTRY,
    oauth: ENTRY,
    '***': ENTRY,
    'two words': ENTRY,
    'two-words': ENTRY,
    gateway: { url: `${OURS}/echo/mcp` },
  }
  const { leftOut, entries } = plan(servers)
  t.deepEqual(
    entries.map(({ name }) => name),
    ['two-words'],
  )
  const why = Object.fromEntries(leftOut.map((one) => [one.given, one.why]))
  t.regex(why['taken'] ?? '', /already: --replace/)
  t.regex(why['memory'] ?? '', /MCP_MEMORY_ENABLED=true/)
  t.regex(why['oauth'] ?? '', /reserved/)
  t.regex(why['***'] ?? '', /no service name/)
  t.regex(why['two-words'] ?? '', /as two words is/)
  t.regex(why['gateway'] ?? '', /this gateway/)
  const replaced = plan(servers, { isReplacing: true })
  t.deepEqual(
    replaced.entries.map(({ name }) => name),
    ['taken', 'memory', 'two-words'],
  )
})
