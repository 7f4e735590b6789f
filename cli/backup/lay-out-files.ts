/**
 * Files of services on their way back: written beside those that are there, and put in their place in steps that can be
 * taken up again wherever they were broken off.
 *
 * A service's folder may be a volume of its own, which cannot be renamed: so what is laid out lies in it, below
 * `.restoring/new`, and what was there goes to `.restoring/old` before it goes for good.
 */

import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileEntry } from './entries.ts'
import { LAID_OUT, OURS, PUT_IN_PLACE, servicesFolder, servicesWithFiles } from './service-files.ts'

const FOLDER_MODE = 0o700

export interface FilesLayOut {
  add(entry: FileEntry): Promise<void>
  /** Gives folders their modes: a read-only one could not have been filled. */
  end(): Promise<void>
}

export function createFilesLayOut(stateDirectory: string): FilesLayOut {
  const modes: [string, number][] = []
  // Last of all: whoever made the backup must not have us write through one.
  const links: [string, string][] = []
  return {
    async add(entry) {
      const at = join(laidOutOf(stateDirectory, entry.service), 'new', entry.path)
      await mkdir(dirname(at), { recursive: true, mode: FOLDER_MODE })
      if (entry.kind === 'folder') {
        await mkdir(at, { recursive: true, mode: FOLDER_MODE })
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
      for (const [at, mode] of modes.reverse()) await chmod(at, mode)
    },
  }
}

/** Once it is decided: may be called again after having been broken off at any point. */
export async function putFilesInPlace(stateDirectory: string): Promise<void> {
  for (const service of await servicesWithFiles(stateDirectory)) {
    const laidOut = laidOutOf(stateDirectory, service)
    if (!existsSync(laidOut)) continue
    const folder = dirname(laidOut)
    const moved = join(laidOut, 'moved')
    if (!existsSync(moved)) {
      await mkdir(join(laidOut, 'old'), { recursive: true, mode: FOLDER_MODE })
      await moveAll(folder, join(laidOut, 'old'))
      await writeFile(moved, '', { flush: true })
    }
    await moveAll(join(laidOut, 'new'), folder)
    // Its marker must not go before the rest: under another name nothing of it counts.
    await rename(laidOut, join(folder, PUT_IN_PLACE))
  }
  await clear(stateDirectory, PUT_IN_PLACE)
}

/** What was laid out and is not wanted: nothing else has been touched. */
export async function clearFiles(stateDirectory: string): Promise<void> {
  await clear(stateDirectory, LAID_OUT)
}

async function clear(stateDirectory: string, name: string): Promise<void> {
  for (const service of await servicesWithFiles(stateDirectory)) {
    const path = join(servicesFolder(stateDirectory), service, name)
    await rm(path, { recursive: true, force: true })
  }
}

async function moveAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (!OURS.has(name)) await rename(join(from, name), join(to, name))
  }
}

function laidOutOf(stateDirectory: string, service: string): string {
  return join(servicesFolder(stateDirectory), service, LAID_OUT)
}
