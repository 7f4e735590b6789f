import test from 'ava'
import type Koa from 'koa'
import { inSequence } from '../../../../oauth-server/steps/in-sequence.ts'

interface State {
  readonly seen: string[]
}

const createContext = () =>
  ({ state: { seen: [] as string[] } }) as unknown as Koa.ParameterizedContext<State>

function step(name: string): Koa.Middleware<State> {
  return (ctx, next) => {
    ctx.state.seen.push(name)
    return next()
  }
}

/** Waits before and after, as a step does that asks the store. */
const slow: Koa.Middleware<State> = async (ctx, next) => {
  await Promise.resolve()
  ctx.state.seen.push('slow')
  await next()
  ctx.state.seen.push('slow is over')
}

test('one after the other, then what comes behind, and over when all of it is', async (t) => {
  const ctx = createContext()
  const all = inSequence([step('first'), slow, step('last')])
  await all(ctx, async () => {
    await Promise.resolve()
    ctx.state.seen.push('behind')
  })
  t.deepEqual(ctx.state.seen, ['first', 'slow', 'last', 'behind', 'slow is over'])
})

test('what a step throws without waiting reaches the step that waits for it', async (t) => {
  const ctx = createContext()
  const caught: unknown[] = []
  const catching: Koa.Middleware<State> = async (_ctx, next) => {
    try {
      await next()
    } catch (error) {
      caught.push(error)
    }
  }
  const refusal = new Error('refused')
  const refusing = () => {
    throw refusal
  }
  const all = inSequence([catching, step('looked at'), refusing, step('never')])
  await all(ctx, () => Promise.resolve())
  t.deepEqual(caught, [refusal])
  t.deepEqual(ctx.state.seen, ['looked at'])
})
