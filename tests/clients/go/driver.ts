/** The official Go SDK, in a small application. */

import { goProgram } from '../../support/installed-packages.ts'
import type { ClientDriver } from '../driver.ts'
import { startLineClient } from '../line-client.ts'

const SOURCES = import.meta.dirname

export const goSdk: ClientDriver = {
  name: 'go',
  title: 'Go SDK',
  version: '1.8.0',
  isLight: true,
  install: () => goProgram(SOURCES, 'client'),
  start: (surroundings, program) => startLineClient(surroundings, [program, surroundings.endpoint]),
}
