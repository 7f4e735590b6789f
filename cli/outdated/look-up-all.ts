/** Looks everything up, some at a time; what cannot be asked is told, and keeps nothing else from being told. */

import { lookUpImage } from './images.ts'
import type { Ask, Lookup } from './lookup.ts'
import { lookUpNpm } from './npm.ts'
import { imagePins, npmPins, pythonPins } from './pins.ts'
import { lookUpPython } from './pypi.ts'

const AT_ONCE = 4

/** @param ask `cwd` is the project's folder. */
export async function lookUpAll(ask: Ask): Promise<Lookup[]> {
  const work: (() => Promise<readonly Lookup[]>)[] = [
    ...[...npmPins(ask.cwd)].map(
      ([folder, pins]) =>
        () =>
          lookUpNpm(folder, pins, ask),
    ),
    ...pythonPins(ask.cwd).map((pin) => async () => [await lookUpPython(pin, ask)]),
    ...imagePins(ask.cwd).map((pin) => async () => [await lookUpImage(pin)]),
  ]
  return (await inTurn(work)).flat()
}

async function inTurn<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  const waiting = [...work.entries()]
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, start] = next
      results[index] = await start()
    }
  })
  await Promise.all(workers)
  return results
}
