import test from 'ava'
import { parse } from 'yaml'
import { entryNames, withEntry, withoutEntry } from '../../../../cli/servers/gateway-document.ts'

const ENTRY = { command: 'npx', args: ['-y', '@s/x@1'] }
const LINES = '  new:\n    command: npx\n    args:\n      - -y\n      - "@s/x@1"\n'

for (const [title, before, after] of [
  ['nothing', '', `mcpServers:\n${LINES}`],
  ['remarks alone', '# mine\n', `# mine\nmcpServers:\n${LINES}`],
  ['other sections', 'access:\n  users: ["*"]', `access:\n  users: ["*"]\nmcpServers:\n${LINES}`],
  [
    'services, remarks and odd spaces',
    '# top\nmcpServers:\n  one:   { command: a }   # stays\n\n  two:\n    command: b # too\n# about access\naccess: { users: ["*"] }\n',
    `# top\nmcpServers:\n  one:   { command: a }   # stays\n\n  two:\n    command: b # too\n${LINES}# about access\naccess: { users: ["*"] }\n`,
  ],
  [
    'no newline at the end',
    'mcpServers:\n  a: { command: a }',
    `mcpServers:\n  a: { command: a }\n${LINES}`,
  ],
  [
    'a block of text at the end',
    'mcpServers:\n  a:\n    command: a\n    description: |\n      words\n',
    `mcpServers:\n  a:\n    command: a\n    description: |\n      words\n${LINES}`,
  ],
] as const) {
  test(`an entry into a file with ${title}: the rest stays byte for byte`, (t) => {
    t.is(withEntry(before, 'new', ENTRY), after)
  })
}

test('a deeper indentation is followed', (t) => {
  const text = withEntry('mcpServers:\n      a: { command: a }\n', 'new', ENTRY)
  t.true(text.includes('\n      new:\n'))
  t.deepEqual(parse(text).mcpServers.new, ENTRY)
})

for (const [title, before] of [
  ['in braces', '# mine\nmcpServers: { a: { command: a } } # end\n'],
  ['in braces altogether', '{ mcpServers: { a: { command: a } } }\n'],
  ['nothing under the name', '# mine\nmcpServers:\n'],
  ['an empty map', 'mcpServers: {}\naccess: { users: ["*"] } # mine\n'],
] as const) {
  test(`a file written ${title} means the same and one more`, (t) => {
    const after = withEntry(before, 'new', ENTRY)
    const servers = { ...parse(before).mcpServers, new: ENTRY }
    t.deepEqual(parse(after), { ...parse(before), mcpServers: servers })
    for (const [remark] of before.matchAll(/# \w+/g)) t.true(after.includes(remark), remark)
  })
}

test('a file of JSON stays JSON', (t) => {
  const after = withEntry('{"mcpServers": {"a": {"command": "a"}}}', 'new', ENTRY)
  t.deepEqual(JSON.parse(after), { mcpServers: { a: { command: 'a' }, new: ENTRY } })
  t.deepEqual(JSON.parse(withoutEntry(after, 'new')), { mcpServers: { a: { command: 'a' } } })
})

test('what is served under the same name is replaced, however it is written', (t) => {
  const before = 'mcpServers:\n  My Notes: { command: a } # old\n  two: { command: b }\n'
  t.deepEqual(
    [...entryNames(before)],
    [
      ['my-notes', 'My Notes'],
      ['two', 'two'],
    ],
  )
  const after = parse(withEntry(before, 'my-notes', ENTRY))
  t.deepEqual(after.mcpServers, { two: { command: 'b' }, 'my-notes': ENTRY })
})

const THREE = `# top
mcpServers:
  # about one
  one: { command: a }

  # about two,
  # in two lines
  two:
    command: b
    args: [x]   # y
  three: { command: c }
# end
`

test('an entry goes with the remark above it, and nothing else', (t) => {
  t.is(withoutEntry(THREE, 'two'), THREE.replace(/ {2}# about two[\s\S]*# y\n/, ''))
  t.is(withoutEntry(THREE, 'one'), THREE.replace(/ {2}# about one[\s\S]*?\}\n/, ''))
  t.is(withoutEntry(THREE, 'three'), THREE.replace(/ {2}three.*\n/, ''))
  t.is(withoutEntry(THREE, 'four'), THREE)
})

test('without its last entry a file still is one', (t) => {
  const after = withoutEntry(
    '# top\nmcpServers:\n  one: { command: a }\naccess: { users: ["*"] }\n',
    'one',
  )
  t.deepEqual(parse(after), { mcpServers: {}, access: { users: ['*'] } })
  t.true(after.startsWith('# top\n'))
})

test('what comes after the last entry has gone is written as a person would', (t) => {
  const empty = withoutEntry('# ours\nmcpServers:\n  only: { command: x }\n', 'only')
  const one = withEntry(empty, 'first', { command: 'a' })
  t.is(
    withEntry(one, 'second', { command: 'b' }),
    '# ours\nmcpServers:\n  first:\n    command: a\n  second:\n    command: b\n',
  )
  const braces = withEntry('{ mcpServers: {} }\n', 'first', { command: 'a' })
  t.deepEqual(parse(braces), { mcpServers: { first: { command: 'a' } } })
})

test('what is no configuration is not touched', (t) => {
  for (const text of ['[1, 2]', 'mcpServers: [', 'words']) {
    t.throws(() => withEntry(text, 'new', ENTRY), { message: /The file is/ }, text)
  }
})
