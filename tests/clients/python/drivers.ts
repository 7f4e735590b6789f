/** The official Python SDK of both generations, and FastMCP's client: libraries, each in a small application. */

import { join } from 'node:path'
import { pythonPackage } from '../../support/installed-packages.ts'
import type { ClientDriver } from '../driver.ts'
import { startLineClient } from '../line-client.ts'

const SESSION = join(import.meta.dirname, 'session.py')
const FASTMCP_SESSION = join(import.meta.dirname, 'fastmcp_session.py')

interface About {
  readonly name: string
  readonly title: string
  readonly version: string
  readonly from: 'mcp' | 'fastmcp'
}

function pythonDriver({ name, title, version, from }: About): ClientDriver {
  const script = from === 'mcp' ? SESSION : FASTMCP_SESSION
  return {
    ...{ name, title, version, isLight: true },
    install: () => pythonPackage(from, version),
    start: (surroundings, python) =>
      startLineClient(surroundings, [python, script, surroundings.endpoint]),
  }
}

export const PYTHON_DRIVERS: readonly ClientDriver[] = [
  pythonDriver({ name: 'python-1', title: 'Python SDK 1.x', version: '1.30.0', from: 'mcp' }),
  pythonDriver({ name: 'python-2', title: 'Python SDK 2.x', version: '2.3.0', from: 'mcp' }),
  pythonDriver({ name: 'fastmcp', title: 'FastMCP', version: '4.1.6', from: 'fastmcp' }),
]
