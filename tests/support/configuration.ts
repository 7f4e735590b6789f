/** Configurations of tests: a folder with a file in it, and what is wrong with it. */

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError, type Environment } from '../../lib/platform/environment.ts'

/** A new folder with this `gateway.yaml`. */
export function folderWith(yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  writeFileSync(join(folder, 'gateway.yaml'), yaml)
  return folder
}

export function readYaml(yaml: string, environment: Environment = {}): Gateway {
  return readGateway(environment, folderWith(yaml))
}

/** What was found once the file was understood has file and line around it. */
const WITH_LINE = /^\S+gateway\.yaml: (.*) \(line \d+\)$/s

/** Without their places in the file. No fault is the empty list. */
export function faultsOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(withoutLine)
    throw error
  }
  return []
}

function withoutLine(fault: string): string {
  return WITH_LINE.exec(fault)?.[1] ?? fault
}
