/** Where the browser is that services drive: nobody's package brings it along. */

import type { Environment } from './environment.ts'
import { findOnPath, isExecutable } from './find-on-path.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where macOS keeps it. */
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** @throws Error in a sentence when there is none. */
export function findChromium(environment: Environment): string {
  const { CHROMIUM_BIN } = environment
  if (CHROMIUM_BIN !== undefined && CHROMIUM_BIN !== '') {
    if (isExecutable(CHROMIUM_BIN)) return CHROMIUM_BIN
    throw new Error(`CHROMIUM_BIN names ${CHROMIUM_BIN}, which is no program: correct it`)
  }
  const onPath = NAMES.map((name) => findOnPath(name, environment))
  const found = onPath.find((path) => path !== undefined) ?? ELSEWHERE.find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    'no Chromium was found: install the package chromium, or set CHROMIUM_BIN to a browser of that family',
  )
}
