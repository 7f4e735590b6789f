import test from 'ava'
import { type ClientId, clientEntries } from '../../../../lib/catalogue/client-lines.ts'

const URL_OF_NOTES = 'https://notes.tools.example.com/mcp'
const entries = clientEntries('notes', URL_OF_NOTES)

const linesOf = (wanted: ClientId) => entries.find(({ id }) => id === wanted)?.lines ?? []

/** The file of a client, parsed. */
const fileOf = (wanted: ClientId): unknown =>
  JSON.parse(linesOf(wanted).find(({ kind }) => kind === 'file')?.text ?? '')

const commandOf = (wanted: ClientId) => linesOf(wanted).find(({ kind }) => kind === 'command')?.text

test('each client has its own way, and each way leads to the service', (t) => {
  t.is(new Set(entries.map(({ id }) => id)).size, entries.length)
  for (const { id, lines } of entries) {
    t.true(lines.length > 0, id)
    for (const { kind, text } of lines) {
      if (kind !== 'link') t.true(text.includes(URL_OF_NOTES), id)
    }
  }
})

test('what is typed is what the client’s own documentation says', (t) => {
  t.is(commandOf('claude-code'), `claude mcp add --transport http notes ${URL_OF_NOTES}`)
  t.is(
    commandOf('vscode'),
    `code --add-mcp '{"name":"notes","type":"http","url":"${URL_OF_NOTES}"}'`,
  )
  t.is(commandOf('codex'), `codex mcp add notes --url ${URL_OF_NOTES}\ncodex mcp login notes`)
  t.is(commandOf('gemini'), `gemini mcp add --scope user --transport http notes ${URL_OF_NOTES}`)
  t.is(commandOf('mcp-remote'), `npx mcp-remote ${URL_OF_NOTES}`)
})

test('what is pasted into a file has the shape of that file', (t) => {
  t.deepEqual(fileOf('vscode'), { servers: { notes: { type: 'http', url: URL_OF_NOTES } } })
  t.deepEqual(fileOf('cursor'), { mcpServers: { notes: { url: URL_OF_NOTES } } })
  t.deepEqual(fileOf('gemini'), { mcpServers: { notes: { httpUrl: URL_OF_NOTES } } })
  t.deepEqual(fileOf('mcp-remote'), {
    mcpServers: { notes: { command: 'npx', args: ['-y', 'mcp-remote', URL_OF_NOTES] } },
  })
  const toml = linesOf('codex').find(({ kind }) => kind === 'file')?.text
  t.is(toml, `[mcp_servers.notes]\nurl = "${URL_OF_NOTES}"`)
})

test('the link for Cursor carries the address', (t) => {
  const { searchParams, protocol } = new URL(
    linesOf('cursor').find(({ kind }) => kind === 'link')?.text ?? '',
  )
  t.is(protocol, 'cursor:')
  t.is(searchParams.get('name'), 'notes')
  const config = Buffer.from(searchParams.get('config') ?? '', 'base64').toString()
  t.deepEqual(JSON.parse(config), { url: URL_OF_NOTES })
})

test('only those that run in the cloud are said to', (t) => {
  const remote = entries.filter(({ isRemote }) => isRemote).map(({ id }) => id)
  t.deepEqual(remote, ['claude', 'chatgpt'])
})
