/** `npm run sbom [FILE]`: a bill of materials in CycloneDX, of what is pinned; nobody is asked. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ROOT } from '../locked.ts'
import { billOfMaterials } from './bill-of-materials.ts'

const file = resolve(process.argv[2] ?? join(ROOT, '.gateway/sbom.cdx.json'))
const bill = billOfMaterials()
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
const kinds = Map.groupBy(bill.components, ({ purl }) => purl.slice(0, purl.indexOf('/')))
const counts = [...kinds].map(([kind, all]) => `${all.length} ${kind}`)
console.log(`${file}: ${bill.components.length} components (${counts.join(', ')})`)
