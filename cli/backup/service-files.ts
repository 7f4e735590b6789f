/** The files that services keep for people: out of their folders, and back into them. */

import { createReadStream, type Dirent } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { FileEntry } from './entries.ts'

const PART_BYTES = 256 * 1024
const MODE_BITS = 0o7777
/** What a restore has laid out there and not put in place, and what is left of one that was. */
export const LAID_OUT = '.restoring'
export const PUT_IN_PLACE = '.restored'
/** In compose.yaml: of services without a container of their own. */
const SHARED_VOLUME = 'own'

/** What could not be removed has a longer name, so that it is in nobody's way. */
export function isOurs(name: string): boolean {
  return name === LAID_OUT || name.startsWith(PUT_IN_PLACE)
}

/**
 * Where a service keeps what is people's: `<state>/services/NAME`. In containers each has a volume, which may hold
 * the folders of several: `<state>/volumes/VOLUME/NAME`.
 */
export async function serviceFolder(stateDirectory: string, service: string): Promise<string> {
  const folders = await foldersOf(stateDirectory)
  return folders.get(service) ?? join(await homeFor(stateDirectory, service), service)
}

/** Names of those that keep something. @throws CliError when that cannot be read. */
export async function servicesWithFiles(stateDirectory: string): Promise<string[]> {
  return [...(await foldersOf(stateDirectory)).keys()]
}

async function foldersOf(stateDirectory: string): Promise<ReadonlyMap<string, string>> {
  const homes = [servicesFolder(stateDirectory), ...(await volumesOf(stateDirectory))]
  const found = new Map<string, string>()
  for (const home of homes) {
    for (const one of await readFolders(home)) {
      const mayKeep = one.isDirectory() || one.isSymbolicLink()
      if (mayKeep && !found.has(one.name)) found.set(one.name, join(home, one.name))
    }
  }
  return found
}

/** Of one that keeps nothing yet: its own volume, or the one of those that have none. */
async function homeFor(stateDirectory: string, service: string): Promise<string> {
  const volumes = await volumesOf(stateDirectory)
  const named = (name: string): string | undefined =>
    volumes.find((volume) => basename(volume) === name)
  return named(service) ?? named(SHARED_VOLUME) ?? servicesFolder(stateDirectory)
}

async function volumesOf(stateDirectory: string): Promise<readonly string[]> {
  const folder = join(stateDirectory, 'volumes')
  return (await readFolders(folder)).map(({ name }) => join(folder, name))
}

function servicesFolder(stateDirectory: string): string {
  return join(stateDirectory, 'services')
}

async function readFolders(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new CliError(`${folder} cannot be read: ${(cause as Error).message}`, {
      nextStep: 'run it as who runs the gateway',
      cause,
    })
  }
}

/** @throws CliError for one that is a link: what it leads to is not this gateway's alone. */
export async function requireFolder(stateDirectory: string, service: string): Promise<void> {
  const path = await serviceFolder(stateDirectory, service)
  if (!(await lstat(path)).isSymbolicLink()) return
  throw new CliError(`The files of ${service} cannot be read: ${path} is a link.`, {
    nextStep:
      'mount the folder there instead; or --with-services NAMES names those that are wanted',
  })
}

/** Folders before what lies in them; sockets and their like are left out: they are of processes. */
export async function* readServiceFiles(
  stateDirectory: string,
  service: string,
): AsyncGenerator<FileEntry> {
  const root = await serviceFolder(stateDirectory, service)
  try {
    yield* readBelow(root, service, '')
  } catch (cause) {
    throw new CliError(`The files of ${service} cannot be read: ${(cause as Error).message}`, {
      nextStep: '--with-services NAMES names those that are wanted',
      cause,
    })
  }
}

async function* readBelow(root: string, service: string, below: string): AsyncGenerator<FileEntry> {
  for (const one of await readdir(join(root, below), { withFileTypes: true })) {
    if (below === '' && isOurs(one.name)) continue
    const path = below === '' ? one.name : `${below}/${one.name}`
    const at = join(root, path)
    const head = { type: 'file', service, path } as const
    if (one.isSymbolicLink()) {
      yield { ...head, kind: 'link', target: await readlink(at) }
    } else if (one.isDirectory()) {
      yield { ...head, kind: 'folder', mode: await modeOf(at) }
      yield* readBelow(root, service, path)
    } else if (one.isFile()) {
      yield* readParts(at, { ...head, kind: 'file', mode: await modeOf(at) })
    }
  }
}

type PartHead = Omit<Extract<FileEntry, { kind: 'file' }>, 'part' | 'last'>

/** An empty file is one empty part. */
async function* readParts(at: string, head: PartHead): AsyncGenerator<FileEntry> {
  for await (const chunk of createReadStream(at, { highWaterMark: PART_BYTES })) {
    yield { ...head, part: (chunk as Buffer).toString('base64'), last: false }
  }
  yield { ...head, part: '', last: true }
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & MODE_BITS
}
