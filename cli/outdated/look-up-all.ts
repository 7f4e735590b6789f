/** Looks everything up, some at a time; what cannot be asked is told, and keeps nothing else from being told. */

import { someAtOnce } from '../some-at-once.ts'
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
  return (await someAtOnce(work, AT_ONCE)).flat()
}
