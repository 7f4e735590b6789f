import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parseParams, refuseRepeated } from '../../../../oauth-server/http/params.ts'

test('an empty parameter is an omitted one', (t) => {
  const { get } = parseParams('a=1&b=&c')
  t.deepEqual([get('a'), get('b'), get('c'), get('d')], ['1', undefined, undefined, undefined])
})

test('what is repeated is named once, whatever its values', (t) => {
  t.deepEqual(parseParams('a=1&b=2&a=1&c=&c=3&a=4').repeated, ['a', 'c'])
  t.deepEqual(parseParams('').repeated, [])
})

test('names that every object has are names like any other', (t) => {
  const { get, repeated } = parseParams('__proto__=x&constructor=&toString=y')
  t.deepEqual([get('__proto__'), get('constructor'), get('toString')], ['x', undefined, 'y'])
  t.is(get('hasOwnProperty'), undefined)
  t.deepEqual(repeated, [])
})

test('tens of thousands of names cost no noticeable time', (t) => {
  const source = Array.from({ length: 60_000 }, (_, index) => index.toString(36)).join('&')
  const startedAt = performance.now()
  t.deepEqual(parseParams(source).repeated, [])
  t.true(performance.now() - startedAt < 3000)
})

test('a question mark before the first name is part of it', (t) => {
  t.is(parseParams('?token=x').get('token'), undefined)
  t.is(parseParams('?token=x').get('?token'), 'x')
})

test('what nobody reads may be repeated, what decides may not', (t) => {
  t.notThrows(() => refuseRepeated(parseParams('foo=a&foo=b&__proto__=a&__proto__=b&scope=x')))
  for (const [source, code] of [
    ['foo=a&foo=b&scope=&scope=', 'invalid_request'],
    ['scope=a&scope=b&resource=a&resource=a', 'invalid_target'],
  ] as const) {
    t.like(
      t.throws(() => refuseRepeated(parseParams(source))),
      { code, detail: 'scope' },
    )
  }
})

test('every parameter that is read somewhere is one that may not be repeated', (t) => {
  const cwd = join(import.meta.dirname, '../../../../oauth-server')
  const names = globSync('**/*.ts', { cwd })
    .flatMap((file) => [
      ...readFileSync(join(cwd, file), 'utf8').matchAll(/params\??\.get\(\s*'(\w+)'/g),
    ])
    .map(([, name]) => name)
  t.true(names.length > 50)
  for (const name of new Set(names)) {
    const params = parseParams(`${name}=a&${name}=b`)
    t.throws(() => refuseRepeated(params), { message: 'a parameter is repeated' }, name)
  }
})
