/** Components of a bill of materials (CycloneDX 1.6), from what is pinned. */

import { imagePins, type Pin } from '../../../cli/outdated/pins.ts'
import { type Lock, type Locked, ROOT, readPythonLicences, readPythonPins } from '../locked.ts'

export interface Component {
  readonly 'bom-ref': string
  readonly type: 'application' | 'container' | 'library'
  readonly name: string
  readonly version: string
  readonly scope?: 'required' | 'optional'
  readonly purl: string
  readonly hashes?: readonly Hash[]
  readonly licenses?: readonly object[]
  readonly externalReferences?: readonly object[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

interface Hash {
  readonly alg: 'SHA-256' | 'SHA-512'
  readonly content: string
}

export interface Dependency {
  readonly ref: string
  readonly dependsOn: readonly string[]
}

export interface Inventory {
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
  /** What nothing in it depends on: chosen by this project. */
  readonly direct: readonly string[]
}

/** The packages of one lock that run, and which needs which. */
export function npmInventory(file: string, lock: Lock): Inventory {
  const running = [...lock].filter(([path, { dev, link }]) => path !== '' && !dev && !link)
  const refOf = (path: string): string => `${file}#${path}`
  const needs = (path: string): readonly string[] =>
    namesNeededBy(lock.get(path) ?? {})
      .map((name) => resolve(name, path, lock))
      .filter((found) => found !== undefined)
      .map(refOf)
  return {
    components: running.map(([path, locked]) => toComponent(refOf(path), path, locked, file)),
    dependencies: running.map(([path]) => ({ ref: refOf(path), dependsOn: needs(path) })),
    direct: needs(''),
  }
}

function namesNeededBy(locked: Locked): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = locked
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}

/** Where Node finds it: in the nearest node_modules, going up. Undefined for what is not installed. */
function resolve(name: string, from: string, lock: Lock): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
  ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (lock.has(path)) return path
    if (folder === '') return undefined
  }
}

function toComponent(ref: string, path: string, locked: Locked, file: string): Component {
  const { version = '', integrity, license, optional } = locked
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return {
    'bom-ref': ref,
    type: 'library',
    name,
    version,
    scope: optional === true ? 'optional' : 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: integrity === undefined ? [] : [toHash(integrity)],
    licenses: licensesOf(license),
    properties: [pinnedIn(file)],
  }
}

function toHash(integrity: string): Hash {
  const [, base64 = ''] = /^sha512-(\S+)$/.exec(integrity) ?? []
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }
}

function licensesOf(license: string | undefined): readonly object[] {
  return license === undefined ? [] : [toLicense(license)]
}

/** An identifier of SPDX, an expression of several, or words. */
function toLicense(license: string): object {
  if (/^[\w.-]+$/.test(license)) return { license: { id: license } }
  if (/ (?:AND|OR) /.test(license)) return { expression: license }
  return { license: { name: license } }
}

function pinnedIn(file: string) {
  return { name: 'mcp-oauth-gateway:pinned-in', value: file }
}

function toPurl(name: string, version: string): string {
  return `pkg:pypi/${name}@${version}`
}

/** Each file that may be installed of a package has a hash of its own. */
export function pythonInventory(file: string, type: 'application' | 'library'): Inventory {
  const licences = readPythonLicences()
  const components = readPythonPins(file).map(
    ({ name, version, hashes }): Component => ({
      'bom-ref': `${file}#${name}@${version}`,
      type,
      name,
      version,
      scope: 'required',
      purl: toPurl(name, version),
      licenses: licensesOf(licences[name]),
      externalReferences: hashes.map((content) => ({
        type: 'distribution',
        // Whichever index has it: the hash says whether it is the one.
        url: toPurl(name, version),
        hashes: [{ alg: 'SHA-256', content }],
      })),
      properties: [pinnedIn(file)],
    }),
  )
  return withoutNeeds(components)
}

/** Images from elsewhere that ours are made of, by their version. */
export function imageInventory(): Inventory {
  return withoutNeeds(imagePins(ROOT).map(toImage))
}

function toImage({ name, version, where }: Pin): Component {
  return {
    'bom-ref': `${where}#${name}:${version}`,
    type: 'container',
    name,
    version,
    purl: `pkg:docker/${name}@${version}`,
    properties: [pinnedIn(where)],
  }
}

/** What needs what within them is written nowhere. */
function withoutNeeds(components: readonly Component[]): Inventory {
  const refs = components.map((component) => component['bom-ref'])
  return {
    components,
    dependencies: refs.map((ref) => ({ ref, dependsOn: [] })),
    direct: refs,
  }
}
