/** One document for everything that runs with the gateway: npm, Python, Envoy, Valkey, images. */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lockFiles, ROOT, readWholeLock, requirementFiles, wheelFiles } from '../locked.ts'
import {
  type Component,
  type Dependency,
  type Inventory,
  imageInventory,
  npmInventory,
  pythonInventory,
} from './components.ts'

export interface BillOfMaterials {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.6'
  readonly serialNumber: string
  readonly version: 1
  readonly metadata: object
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
}

export function billOfMaterials(now = new Date()): BillOfMaterials {
  const inventories: readonly Inventory[] = [
    ...lockFiles().map((file) => npmInventory(file, readWholeLock(file))),
    ...requirementFiles().map((file) => pythonInventory(file, 'library')),
    ...wheelFiles().map((file) => pythonInventory(file, 'application')),
    imageInventory(),
  ]
  const project = readProject()
  const ref = `${project.name}@${project.version}`
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: now.toISOString(),
      lifecycles: [{ phase: 'pre-build' }],
      component: {
        'bom-ref': ref,
        type: 'application',
        name: project.name,
        version: project.version,
        licenses: [{ license: { id: project.license } }],
      },
    },
    components: inventories.flatMap(({ components }) => components),
    dependencies: [
      { ref, dependsOn: inventories.flatMap(({ direct }) => direct) },
      ...inventories.flatMap(({ dependencies }) => dependencies),
    ],
  }
}

interface Project {
  readonly name: string
  readonly version: string
  readonly license: string
}

function readProject(): Project {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Project
}
