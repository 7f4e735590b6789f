import test from 'ava'
import { readRobots } from '../../../services/fetchs/robots-rules.ts'

const FILE = `
# a comment
User-agent: *
Disallow: /private
Allow: /private/open
Disallow: /*.pdf$
Disallow:

User-Agent: ModelContextProtocol
user-agent: OtherBot
Disallow: /no-models   # nor this

User-agent: modelcontextprotocol
Allow: /no-models/but-this
`

type Row = readonly [path: string, agent: string, isAllowed: boolean]

const ROWS: readonly Row[] = [
  ['/', 'Anybody/2.0', true],
  ['/private', 'Anybody', false],
  ['/privateer', 'Anybody', false],
  ['/private/open/x', 'Anybody', true],
  ['/a/b.pdf', 'Anybody', false],
  ['/a/b.pdf?x', 'Anybody', true],
  ['/private', 'ModelContextProtocol/1.0', true],
  ['/no-models', 'ModelContextProtocol/1.0 (+https://example.com)', false],
  ['/no-models', 'MODELCONTEXTPROTOCOL', false],
  ['/no-models/but-this', 'ModelContextProtocol/1.0', true],
  ['/no-models', 'OtherBot/1', false],
  ['/no-models', 'Mozilla/5.0 (compatible)', true],
  ['/private', '', false],
]

for (const [path, agent, isAllowed] of ROWS) {
  test(`${agent || 'nobody'} ${isAllowed ? 'may' : 'may not'} fetch ${path}`, (t) => {
    t.is(readRobots(FILE).allows(path, agent), isAllowed)
  })
}

const PATTERNS: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
  ['/', '/x', true],
  ['*', '/x', true],
  ['/*', '/x', true],
  ['/a*b', '/a/long/b/tail', true],
  ['/a*b$', '/a/long/b/tail', false],
  ['/a*b$', '/a/b/b', true],
  ['/a$', '/a', true],
  ['/a$', '/ab', false],
  ['/*a*b*c', '/xaxbxc', true],
  ['/*a*b*c', '/xcxbxa', false],
  ['/ab*b$', '/ab', false],
]

for (const [pattern, path, matches] of PATTERNS) {
  test(`${pattern} ${matches ? 'fits' : 'does not fit'} ${path}`, (t) => {
    const rules = readRobots(`User-agent: *\nDisallow: ${pattern}`)
    t.is(rules.allows(path, 'x'), !matches)
  })
}

test('of two rules as long the one that allows wins, in either order', (t) => {
  for (const order of ['Allow: /a\nDisallow: /a', 'Disallow: /a\nAllow: /a']) {
    t.true(readRobots(`User-agent: *\n${order}`).allows('/a', 'x'))
  }
})

test('what is no robots.txt forbids nothing, and a pattern made to be slow is not', (t) => {
  t.true(readRobots('<html>not found</html>').allows('/', 'x'))
  t.true(readRobots('Disallow: /\n').allows('/', 'x'), 'a rule for nobody')
  const slow = `User-agent: *\nDisallow: /${'*a'.repeat(5000)}$`
  const startedAt = performance.now()
  t.true(readRobots(slow).allows(`/${'a'.repeat(4000)}`, 'x'))
  t.true(performance.now() - startedAt < 1000)
})
