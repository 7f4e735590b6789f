// Leaves only the named dependencies in package.json; the lock still says which versions they have.

import { readFileSync, writeFileSync } from 'node:fs'

const { type, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const kept = process.argv.slice(2).map((name) => {
  if (dependencies[name] === undefined) throw new Error(`${name} is no dependency of the project`)
  return [name, dependencies[name]]
})
const content = { private: true, type, dependencies: Object.fromEntries(kept) }
writeFileSync('package.json', JSON.stringify(content))
