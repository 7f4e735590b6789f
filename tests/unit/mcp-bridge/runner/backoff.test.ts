import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { Backoff } from '../../../../mcp-bridge/runner/backoff.ts'

function setUp() {
  let now = 1_000_000
  const backoff = new Backoff(() => now)
  return {
    pass: (ms: number) => {
      now += ms
    },
    end: (livedMs: number, wasAsked = false) => backoff.ended('key', wasAsked, now - livedMs),
    mayStart: () => {
      try {
        backoff.assertMayStart('key', 'svc')
        return true
      } catch (error) {
        if (error instanceof RpcFault && error.status === 503) return false
        throw error
      }
    },
  }
}

test('the first two quick endings cost nothing, the third half a second', (t) => {
  const { end, mayStart, pass } = setUp()
  for (const expected of [true, true, false]) {
    end(10)
    t.is(mayStart(), expected)
  }
  pass(499)
  t.false(mayStart())
  pass(1)
  t.true(mayStart())
})

test('the wait doubles up to half a minute', (t) => {
  const { end, mayStart, pass } = setUp()
  for (let count = 0; count < 20; count += 1) end(10)
  pass(29_999)
  t.false(mayStart())
  pass(1)
  t.true(mayStart())
})

for (const [title, livedMs, wasAsked] of [
  ['was asked for', 10, true],
  ['came after ten seconds', 10_000, false],
] as const) {
  test(`an ending that ${title} begins the count anew`, (t) => {
    const { end, mayStart } = setUp()
    end(10)
    end(10)
    end(livedMs, wasAsked)
    end(10)
    end(10)
    t.true(mayStart())
  })
}

test('an ending before ten seconds counts', (t) => {
  const { end, mayStart } = setUp()
  for (let count = 0; count < 3; count += 1) end(9_999)
  t.false(mayStart())
})

test('a clock that is put back blocks nothing for as long', (t) => {
  const { end, mayStart, pass } = setUp()
  for (let count = 0; count < 10; count += 1) end(10)
  t.false(mayStart())
  pass(-600_000)
  t.true(mayStart())
})
