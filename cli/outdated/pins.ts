/** Everything that this project pins, found where it is pinned. */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Pin {
  readonly kind: 'npm' | 'pypi' | 'image'
  readonly name: string
  readonly version: string
  /** The file that pins it, from the project's folder. */
  readonly where: string
}

/** Pins by the folder of their package.json, from the project's folder. */
export function npmPins(root: string): ReadonlyMap<string, readonly Pin[]> {
  const paths = globSync(['package.json', 'services/*/package.json'], { cwd: root }).sort()
  return new Map(paths.map((where) => [dirname(where), npmPinsOf(root, where)]))
}

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function npmPinsOf(root: string, where: string): Pin[] {
  const file = JSON.parse(readFileSync(join(root, where), 'utf8')) as PackageFile
  const all = Object.entries({ ...file.dependencies, ...file.devDependencies })
  return all.map(([name, version]) => ({ kind: 'npm', name, version, where }))
}

/**
 * What is chosen, not what comes along with it: `requirements.in` where the whole list is made of one.
 * A bound (`mcp<2`) is no pin.
 */
export function pythonPins(root: string): Pin[] {
  const made = globSync('services/*/requirements.txt', { cwd: root }).map((path) => {
    const source = path.replace(/txt$/, 'in')
    return existsSync(join(root, source)) ? source : path
  })
  const paths = [...globSync('cli/embedded/wheels-*.txt', { cwd: root }), ...made].sort()
  return paths.flatMap((where) => {
    const text = readFileSync(join(root, where), 'utf8')
    return [...text.matchAll(/^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)/gm)].map(
      ([, name = '', version = '']): Pin => ({ kind: 'pypi', name, version, where }),
    )
  })
}

/** Images from elsewhere: those that are built here have no tag of their own to be looked up. */
export function imagePins(root: string): Pin[] {
  const paths = globSync(['Dockerfile', 'services/Dockerfile', 'compose.yaml', 'services/*.yaml'], {
    cwd: root,
  }).sort()
  const pins = paths.flatMap((where) => imagePinsOf(readFileSync(join(root, where), 'utf8'), where))
  const seen = new Set<string>()
  return pins.filter(({ name, version }) => {
    const image = `${name}:${version}`
    const isFirst = !seen.has(image)
    seen.add(image)
    return isFirst
  })
}

const IMAGE =
  /^\s*(?:FROM\s+(?:--platform=\S+\s+)?|image:\s*["']?)([a-z0-9][a-z0-9._/-]*(?::[0-9]+\/[a-z0-9._/-]+)?):([A-Za-z0-9_][\w.-]*)/gm

export function imagePinsOf(text: string, where: string): Pin[] {
  return [...text.matchAll(IMAGE)].map(
    ([, name = '', version = '']): Pin => ({ kind: 'image', name, version, where }),
  )
}
