/** Where the browser is that services drive: nobody's package brings it along. */

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from './environment.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where macOS keeps it. */
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** @throws Error in a sentence when there is none. */
export function findChromium({ CHROMIUM_BIN, PATH = '' }: Environment): string {
  if (CHROMIUM_BIN !== undefined && CHROMIUM_BIN !== '') {
    if (isExecutable(CHROMIUM_BIN)) return CHROMIUM_BIN
    throw new Error(`CHROMIUM_BIN names ${CHROMIUM_BIN}, which is no program: correct it`)
  }
  const folders = PATH.split(delimiter).filter((folder) => folder !== '')
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = [...onPath, ...ELSEWHERE].find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    'no Chromium was found: install the package chromium, or set CHROMIUM_BIN to a browser of that family',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Absent, or not for us.
    return false
  }
}
