import test from 'ava'
import type Koa from 'koa'
import { createCookies } from '../../../../oauth-server/http/cookies.ts'

const { browser } = createCookies({ issuer: 'https://auth.example', secure: true }, 60)
const value = (index: number): string => String(index).padStart(43, 'v')

/** What a browser sends back of as many cookies as were set while none had arrived yet. */
function sentBack(count: number): Koa.Context {
  const set: string[] = []
  for (let index = 0; index < count; index += 1) {
    browser.write(
      { append: (_name: string, line: string) => set.push(line) } as never,
      value(index),
    )
  }
  const cookie = set.map((line) => line.split(';')[0]).join('; ')
  return { get: () => cookie } as never
}

test('every tab of an application with many servers keeps its cookie', (t) => {
  const held = browser.readAll(sentBack(40))
  t.deepEqual(
    held,
    Array.from({ length: 40 }, (_, index) => value(index)),
  )
})

test('who sends more than a browser would is not read on and on', (t) => {
  t.is(browser.readAll(sentBack(100)).length, 64)
})
