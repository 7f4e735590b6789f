/** Writes the pages that are made of code; a unit test fails when a committed one is stale. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readResults } from '../bench/results.ts'
import { dashboard } from '../deploy/grafana/dashboard.ts'
import { gatewayFileSchema } from '../lib/catalogue/gateway-file.ts'
import { benchmarksPage } from './generate/benchmarks.ts'
import { clientsTestedPage } from './generate/clients-tested.ts'
import { configurationPage } from './generate/configuration.ts'
import { dependenciesPage } from './generate/dependencies.ts'
import { doctorPage } from './generate/doctor.ts'
import { errorsPage } from './generate/errors.ts'
import { limitsPage } from './generate/limits.ts'
import { requirementsPage } from './generate/requirements.ts'

/** File in this folder → its content. */
function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['gateway.schema.json', `${JSON.stringify(gatewayFileSchema(), null, 2)}\n`],
    ['configuration.md', configurationPage()],
    ['errors.md', errorsPage()],
    ['limits.md', limitsPage()],
    ['doctor.md', doctorPage()],
    ['../deploy/grafana/dashboards/mcp-gateway.json', `${JSON.stringify(dashboard(), null, 2)}\n`],
    ['requirements.md', requirementsPage()],
    ['dependencies.md', dependenciesPage()],
    ['benchmarks.md', benchmarksPage(readResults())],
    ['clients-tested.md', clientsTestedPage()],
  ])
}

export function stalePages(): string[] {
  const isStale = ([file, content]: [string, string]): boolean => {
    try {
      return readFileSync(join(import.meta.dirname, file), 'utf8') !== content
    } catch {
      // Not there yet is stale too.
      return true
    }
  }
  return [...generatedPages()].filter(isStale).map(([file]) => file)
}

if (import.meta.main) {
  for (const [file, content] of generatedPages()) {
    writeFileSync(join(import.meta.dirname, file), content)
  }
}
