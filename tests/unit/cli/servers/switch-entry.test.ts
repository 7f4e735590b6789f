import test from 'ava'
import { parse } from 'yaml'
import { withSwitch } from '../../../../cli/servers/switch-entry.ts'

for (const [title, before, after] of [
  ['nothing', '', 'mcpServers:\n  one:\n    enabled: false\n'],
  [
    'an entry in lines',
    '# top\nmcpServers:\n  one: # it\n    command: a # first\n\n  two: {command: b}\n',
    '# top\nmcpServers:\n  one: # it\n    enabled: false\n    command: a # first\n\n  two: {command: b}\n',
  ],
  [
    'an entry that says so already, the other way',
    'mcpServers:\n  one:\n    command: a\n    enabled:   true # for now\n',
    'mcpServers:\n  one:\n    command: a\n    enabled:   false # for now\n',
  ],
  [
    'an entry in braces',
    'mcpServers:\n  one:   { command: a } # mine\naccess: { users: ["*"] }\n',
    'mcpServers:\n  one:   { enabled: false, command: a } # mine\naccess: { users: ["*"] }\n',
  ],
  ['empty braces', 'mcpServers: { one: {} }\n', 'mcpServers: { one: { enabled: false } }\n'],
  [
    'braces without spaces',
    'mcpServers: {one: {command: a}}\n',
    'mcpServers: {one: { enabled: false, command: a}}\n',
  ],
  [
    'JSON',
    '{"mcpServers": {"one": {"command": "a"}}}',
    '{"mcpServers": {"one": { "enabled": false, "command": "a"}}}',
  ],
] as const) {
  test(`${title}: the rest stays byte for byte`, (t) => {
    t.is(withSwitch(before, 'one', false), after)
  })
}

test('an entry that stands for nothing becomes one, and remarks stay', (t) => {
  const after = withSwitch('# top\nmcpServers:\n  one:\n  two: { command: b } # b\n', 'one', true)
  t.deepEqual(parse(after).mcpServers, { one: { enabled: true }, two: { command: 'b' } })
  t.regex(after, /^# top[\s\S]*# b/)
})

test('what is served under a slugged name is found', (t) => {
  const before = 'mcpServers:\n  My Notes:\n    command: a\n    disabled: true\n'
  const { mcpServers } = parse(withSwitch(before, 'my-notes', true))
  t.deepEqual(mcpServers, { 'My Notes': { enabled: true, command: 'a', disabled: true } })
})
