/** The files that services keep for people: out of their folders, and back into them. */

import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SERVICE_NAME } from '../../lib/catalogue/service-name.ts'
import { CliError } from '../cli-error.ts'
import type { FileEntry } from './entries.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
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

/** Each volume speaks for its own service alone, the shared one for those that have none. */
async function foldersOf(stateDirectory: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const take = async (home: string, isOurs: (name: string) => boolean): Promise<void> => {
    for (const one of await readFolders(home)) {
      const mayKeep = one.isDirectory() || one.isSymbolicLink()
      // Programs keep what is theirs beside it: `.npm`, `.cache`.
      if (!mayKeep || !SERVICE_NAME.test(one.name) || !isOurs(one.name)) continue
      if (!found.has(one.name)) found.set(one.name, join(home, one.name))
    }
  }
  const volumes = await volumesOf(stateDirectory)
  const own = volumes.map((path) => basename(path)).filter((name) => name !== SHARED_VOLUME)
  await take(servicesFolder(stateDirectory), () => true)
  for (const volume of volumes) {
    const name = basename(volume)
    if (name === SHARED_VOLUME) await take(volume, (service) => !own.includes(service))
    else await take(volume, (service) => service === name)
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
    await using folder = await openFolder(root)
    yield* readBelow(folder, service, '')
  } catch (cause) {
    throw new CliError(`The files of ${service} cannot be read: ${(cause as Error).message}`, {
      nextStep: '--with-services NAMES names those that are wanted',
      cause,
    })
  }
}

/** An open folder: whoever puts a link in its place meanwhile changes nothing. */
interface OpenFolder extends AsyncDisposable {
  /** Leads to what is open, where the system has such paths. */
  readonly path: string
}

async function openFolder(path: string): Promise<OpenFolder> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  return {
    path: process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path,
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

async function* readBelow(
  folder: OpenFolder,
  service: string,
  below: string,
): AsyncGenerator<FileEntry> {
  for (const one of await readdir(folder.path, { withFileTypes: true })) {
    if (below === '' && isOurs(one.name)) continue
    const path = below === '' ? one.name : `${below}/${one.name}`
    yield* readOne(one, join(folder.path, one.name), { type: 'file', service, path })
  }
}

type Head = Pick<FileEntry, 'type' | 'service' | 'path'>

/** What goes, or is replaced, between being listed and being read is left out: services are at work. */
async function* readOne(one: Dirent, at: string, head: Head): AsyncGenerator<FileEntry> {
  if (one.isSymbolicLink()) {
    const target = await unlessGone(readlink(at))
    if (target !== undefined) yield { ...head, kind: 'link', target }
  } else if (one.isDirectory()) {
    await using inside = await unlessGone(openFolder(at))
    if (inside === undefined) return
    yield { ...head, kind: 'folder', mode: (await stat(inside.path)).mode & MODE_BITS }
    yield* readBelow(inside, head.service, head.path)
  } else if (one.isFile()) {
    await using file = await unlessGone(open(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
    if (file !== undefined) yield* readParts(file, head)
  }
}

const GONE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'EINVAL'])

async function unlessGone<Value>(opening: Promise<Value>): Promise<Value | undefined> {
  try {
    return await opening
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** An empty file is one empty part. */
async function* readParts(file: FileHandle, given: Head): AsyncGenerator<FileEntry> {
  const found = await file.stat()
  if (!found.isFile()) return
  const head = { ...given, kind: 'file', mode: found.mode & MODE_BITS } as const
  for await (const chunk of file.createReadStream({
    highWaterMark: PART_BYTES,
    autoClose: false,
  })) {
    yield { ...head, part: (chunk as Buffer).toString('base64'), last: false }
  }
  yield { ...head, part: '', last: true }
}
