/** What comes from others: known, wanted, licensed, and exactly what was looked at. */

import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import test from 'ava'
import { imagePins, npmPins } from '../../cli/outdated/pins.ts'
import {
  lockFiles,
  readLock,
  readPythonLicences,
  readPythonPins,
  requirementFiles,
  wheelFiles,
} from '../../deploy/supply-chain/locked.ts'
import { importedPackages, runtimeDependencies, usersOf } from '../../docs/generate/dependencies.ts'
import { REASONS } from '../../docs/generate/dependency-reasons.ts'

test('each package that runs has its reason, and no other', (t) => {
  t.deepEqual(Object.keys(REASONS).toSorted(), runtimeDependencies().toSorted())
})

/** Started by their path, or Node itself. */
const NOT_IMPORTED = /^node$|^@modelcontextprotocol\/server-/

test('each package that runs is imported by a room', (t) => {
  const unused = runtimeDependencies().filter(
    (name) => !NOT_IMPORTED.test(name) && usersOf(name).length === 0,
  )
  t.deepEqual(unused, [])
})

test('what a room imports is a package that runs, not one of the development', (t) => {
  const known = new Set([...runtimeDependencies(), ...builtinModules])
  t.deepEqual(
    importedPackages().filter((name) => !known.has(name) && !name.startsWith('node:')),
    [],
  )
})

/** Those that ask for no more than their mention. Of two to choose from one is. */
const FREE = /\b(?:MIT|ISC|0BSD|Zlib|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|CC0-1\.0)\b/
/** The licence stands in a file: that of the official MCP servers, MIT and Apache-2.0. */
const IN_A_FILE = /^node_modules\/@modelcontextprotocol\/server-/

for (const file of lockFiles()) {
  test(`${file}: what runs may be passed on`, (t) => {
    for (const [path, { license = '', dev }] of readLock(file)) {
      if (dev === true || IN_A_FILE.test(path)) continue
      for (const part of license.split(' AND ')) t.regex(part, FREE, path)
    }
  })
}

/** Beside those: for what runs as a program of its own and is passed on as it is. */
const FREE_AS_IT_IS = /^(?:MIT-0|MPL-2\.0|PSF-2\.0|CNRI-Python)$/

test('Python packages may be passed on, and of each it is known', (t) => {
  const files = [...requirementFiles(), ...wheelFiles()]
  const names = new Set(files.flatMap((file) => readPythonPins(file).map(({ name }) => name)))
  const licences = readPythonLicences()
  t.deepEqual(Object.keys(licences).toSorted(), [...names].toSorted())
  for (const [name, licence] of Object.entries(licences)) {
    for (const part of licence.split(' AND ')) {
      if (!FREE_AS_IT_IS.test(part)) t.regex(part, FREE, name)
    }
  }
})

for (const [folder, pins] of npmPins('.')) {
  test(`${folder}/package.json: one version of each package, no range`, (t) => {
    t.true(pins.length > 0)
    for (const { name, version } of pins) t.regex(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name)
  })
}

test('each image from elsewhere is one of a version', (t) => {
  const pins = imagePins('.')
  t.true(pins.length >= 5)
  for (const { name, version, where } of pins) t.regex(version, /^v?\d/, `${name} in ${where}`)
  for (const file of ['Dockerfile', 'services/Dockerfile']) {
    const source = readFileSync(file, 'utf8')
    const stages = [...source.matchAll(/ AS ([\w-]+)$/gim)].map(([, stage]) => stage)
    for (const [, from = ''] of source.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)) {
      // The image that somebody names for a service of their own is theirs.
      const isOurs = stages.includes(from) || from === '${IMAGE}'
      t.true(isOurs || pins.some(({ name, version }) => from === `${name}:${version}`), from)
    }
  }
})

for (const file of lockFiles()) {
  test(`${file}: each package by its version and hash, from no registry in particular`, (t) => {
    const source = readFileSync(file, 'utf8')
    // Whichever registry npm is told of.
    t.notRegex(source, /"resolved":/)
    for (const [path, { version, integrity, link }] of readLock(file)) {
      if (link === true) continue
      t.truthy(version, path)
      t.regex(integrity ?? '', /^sha512-/, path)
    }
  })
}

for (const file of [
  ...globSync('services/*/requirements.txt'),
  ...globSync('cli/embedded/wheels-*.txt'),
]) {
  test(`${file}: each package by its version and hash`, (t) => {
    const source = readFileSync(file, 'utf8').replaceAll(/\\\n/g, ' ')
    const lines = source.split('\n').filter((line) => /^\s*[^#\s-]/.test(line))
    t.true(lines.length > 0)
    for (const line of lines) t.regex(line, /==\S+.*--hash=sha256:[0-9a-f]{64}/, line)
  })
}
