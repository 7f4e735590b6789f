/** Several steps as one, for an endpoint that goes on in one of several ways. */

import type Koa from 'koa'

export function inSequence<State>(steps: readonly Koa.Middleware<State>[]): Koa.Middleware<State> {
  return async function inSequence(ctx, next) {
    const run = async (index: number): Promise<void> => {
      const step = steps[index]
      if (step === undefined) await next()
      else await step(ctx, () => run(index + 1))
    }
    await run(0)
  }
}
