/** Several steps as one, for an endpoint that goes on in one of several ways. */

import type Koa from 'koa'

/** Nothing here waits for a step: whoever calls the next one does, and each further promise would cost every request. */
export function inSequence<State>(steps: readonly Koa.Middleware<State>[]): Koa.Middleware<State> {
  return function inSequence(ctx, next) {
    const run = (index: number): Promise<unknown> => {
      const step = steps[index]
      return step === undefined ? next() : step(ctx, () => run(index + 1))
    }
    return run(0)
  }
}
