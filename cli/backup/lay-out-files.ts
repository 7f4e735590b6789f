/**
 * Files of services on their way back: written beside those that are there, and put in their place in steps that can be
 * taken up again wherever they were broken off.
 *
 * A service's folder may be a volume of its own, which cannot be renamed: so what is laid out lies in it, below
 * `.restoring/new`, and what was there goes to `.restoring/old` before it goes for good.
 */

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { FileEntry } from './entries.ts'
import { moveTo, removeTree } from './remove-tree.ts'
import {
  isOurs,
  LAID_OUT,
  PUT_IN_PLACE,
  serviceFolder,
  servicesWithFiles,
} from './service-files.ts'
import { syncFolder } from './sync-folder.ts'

const FOLDER_MODE = 0o700

export interface FilesLayOut {
  add(entry: FileEntry): Promise<void>
  /** Everything is on the disk then. Gives folders their modes: a read-only one could not have been filled. */
  end(): Promise<void>
}

export function createFilesLayOut(stateDirectory: string): FilesLayOut {
  const modes: [string, number][] = []
  // Last of all: whoever made the backup must not have us write through one.
  const links: [string, string][] = []
  const folders = new Set<string>()
  const places = new Map<string, string>()
  return {
    async add(entry) {
      const place = places.get(entry.service) ?? (await laidOutOf(stateDirectory, entry.service))
      places.set(entry.service, place)
      const at = join(place, 'new', entry.path)
      await mkdir(dirname(at), { recursive: true, mode: FOLDER_MODE })
      folders.add(dirname(at))
      if (entry.kind === 'folder') {
        await mkdir(at, { recursive: true, mode: FOLDER_MODE })
        folders.add(at)
        modes.push([at, entry.mode])
      } else if (entry.kind === 'link') {
        links.push([entry.target, at])
      } else {
        await appendFile(at, Buffer.from(entry.part, 'base64'), { mode: 0o600, flush: entry.last })
        if (entry.last) await chmod(at, entry.mode)
      }
    },
    async end() {
      for (const [target, at] of links) await symlink(target, at)
      for (const at of withParents(folders, stateDirectory)) syncFolder(at)
      for (const [at, mode] of modes.reverse()) await chmod(at, mode)
    },
  }
}

function withParents(folders: ReadonlySet<string>, top: string): ReadonlySet<string> {
  const all = new Set<string>()
  for (const folder of folders) {
    for (let at = folder; at !== top && !all.has(at); at = dirname(at)) all.add(at)
  }
  return all
}

/**
 * Once it is decided: may be called again after having been broken off at any point.
 * @returns paths of what was there before and could not be removed.
 */
export async function putFilesInPlace(stateDirectory: string): Promise<readonly string[]> {
  for (const folder of await plainFolders(stateDirectory)) {
    const laidOut = await laidOutIn(folder)
    if (laidOut === undefined) continue
    const moved = join(laidOut, 'moved')
    if (!existsSync(moved)) {
      await mkdir(join(laidOut, 'old'), { recursive: true, mode: FOLDER_MODE })
      await moveAll(folder, join(laidOut, 'old'))
      for (const at of [join(laidOut, 'old'), laidOut, folder]) syncFolder(at)
      await writeFile(moved, '', { flush: true })
    }
    syncFolder(laidOut)
    await moveAll(join(laidOut, 'new'), folder)
    syncFolder(folder)
    await putAside(folder)
  }
  return await removeAside(stateDirectory)
}

/** What was laid out and is not wanted: nothing else has been touched. @returns what could not be removed. */
export async function clearFiles(stateDirectory: string): Promise<readonly string[]> {
  for (const folder of await plainFolders(stateDirectory)) {
    if ((await laidOutIn(folder)) !== undefined) await putAside(folder)
  }
  return await removeAside(stateDirectory)
}

/** A marker in it must not go before the rest: under another name nothing of it counts. */
async function putAside(folder: string): Promise<void> {
  await rename(join(folder, LAID_OUT), join(folder, `${PUT_IN_PLACE}-${randomUUID()}`))
  syncFolder(folder)
}

/** Nobody reads it any more: where it cannot be removed, it stays. */
async function removeAside(stateDirectory: string): Promise<readonly string[]> {
  const remaining: string[] = []
  for (const folder of await plainFolders(stateDirectory)) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names.filter((one) => one.startsWith(PUT_IN_PLACE))) {
      const path = join(folder, name)
      await removeTree(path).catch(() => remaining.push(path))
    }
  }
  return remaining
}

async function moveAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (!isOurs(name)) await moveTo(join(from, name), join(to, name))
  }
}

/** @throws CliError for a link: whoever runs as the service would have us write elsewhere. */
async function laidOutOf(stateDirectory: string, service: string): Promise<string> {
  const folder = await serviceFolder(stateDirectory, service)
  const laidOut = join(folder, LAID_OUT)
  for (const path of [folder, laidOut]) {
    if (!(await isLink(path))) continue
    throw new CliError(`${path} is a link: nothing is restored through it.`, {
      nextStep: 'take it away, then again',
    })
  }
  return laidOut
}

/** Folders in which something of ours may lie. */
async function plainFolders(stateDirectory: string): Promise<string[]> {
  const plain: string[] = []
  for (const service of await servicesWithFiles(stateDirectory)) {
    const folder = await serviceFolder(stateDirectory, service)
    if (!(await isLink(folder))) plain.push(folder)
  }
  return plain
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false
}

/** Undefined where nothing is laid out. */
async function laidOutIn(folder: string): Promise<string | undefined> {
  const laidOut = join(folder, LAID_OUT)
  return existsSync(laidOut) && !(await isLink(laidOut)) ? laidOut : undefined
}
