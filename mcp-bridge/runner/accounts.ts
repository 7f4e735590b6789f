/**
 * Starts each person's processes under an account of their own: for services that run commands for
 * whoever calls them. The runner is root in its container, with SETUID, SETGID and KILL alone; a child
 * has no capability, no further group, and can get neither.
 *
 * An account ends as a whole: whatever a person's last process leaves is found by its number, however
 * it hid. What a person can see of others are their processes' names and arguments, which Linux shows
 * to everybody: nothing secret belongs there.
 */

import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LaunchOrder } from './host.ts'
import { OwnUids, type UidRange } from './own-uids.ts'
import { killProcessesOf } from './proc.ts'

export interface AccountsOptions {
  readonly servicesFolder: string
  readonly range: UidRange
  /** Processes and threads that one person may have. */
  readonly processesMax: number
}

/** What one launch uses. */
export interface Account {
  readonly uid: number
  readonly order: LaunchOrder
  /** Called once, when the process and its stop command have ended; resolves when nothing is left that should not be. */
  release(): Promise<void>
}

/** A person may look into nothing there, and only get through to what is theirs. */
const PASSAGE_MODE = 0o711
/** As above; our own group may make folders, which no person is in. */
const SERVICE_MODE = 0o731
const HELPER_MS = 10_000
/** What was killed a moment ago can still be seen. */
const DYING_MS = 10
const WALKS_MAX = 50

/**
 * Its files for nobody else's eyes; when memory runs out, it goes before the runner does. The runner could
 * not change to a folder that is the person's alone.
 */
const BEGIN = 'cd -- "$1" || exit; shift; umask 077; echo 500 >/proc/self/oom_score_adj; exec "$@"'

export class Accounts {
  readonly #servicesFolder: string
  readonly #processesMax: number
  readonly #uids: OwnUids
  /** How many processes of ours an account has now. */
  readonly #used = new Map<number, number>()

  constructor({ servicesFolder, range, processesMax }: AccountsOptions) {
    this.#servicesFolder = servicesFolder
    this.#processesMax = processesMax
    this.#uids = new OwnUids({
      file: join(servicesFolder, '.uids.json'),
      range,
      ownersOfData: () => ownersIn(servicesFolder),
    })
  }

  /**
   * The order as the person's own account carries it out, once its folders are there.
   * @throws Error when it is nobody's, or the account or its folder cannot be had.
   */
  take(order: LaunchOrder): Account {
    const { owner, service } = order
    if (owner === undefined) {
      throw new Error(
        `${service} is nobody's own: here it needs isolation user or session, and no spares`,
      )
    }
    const serviceFolder = join(this.#servicesFolder, service)
    makePassage(this.#servicesFolder, PASSAGE_MODE)
    makePassage(serviceFolder, SERVICE_MODE)
    const uid = this.#uids.of(owner)
    const home = join(serviceFolder, owner)
    const temporary = join(home, '.tmp')
    const own = order.folders.filter((folder) => folder !== serviceFolder)
    makeOwnFolders([home, temporary, ...own], uid)
    assertOwn(home, uid)
    this.#used.set(uid, (this.#used.get(uid) ?? 0) + 1)
    const begin = this.#begin(order.cwd === serviceFolder ? home : order.cwd)
    return {
      uid,
      order: {
        ...order,
        command: '/bin/sh',
        args: [...begin, order.command, ...order.args],
        stopCommand: order.stopCommand && ['/bin/sh', ...begin, ...order.stopCommand],
        env: { HOME: home, TMPDIR: temporary, USER: owner, LOGNAME: owner, ...order.env },
        cwd: '/',
        folders: [],
      },
      release: () => this.#release(uid),
    }
  }

  /** No setuid program makes more of it, and no fork bomb takes what others need. */
  #begin(cwd: string): string[] {
    const bounds = ['prlimit', `--nproc=${this.#processesMax}:${this.#processesMax}`]
    return ['-c', BEGIN, 'sh', cwd, ...bounds, 'setpriv', '--no-new-privs', '--']
  }

  async #release(uid: number): Promise<void> {
    const left = (this.#used.get(uid) ?? 1) - 1
    if (left > 0) this.#used.set(uid, left)
    else this.#used.delete(uid)
    // Nobody starts in the middle of a walk, only between two.
    for (let walks = 0; walks < WALKS_MAX && !this.#used.has(uid); walks += 1) {
      killAllAs(uid)
      if (killProcessesOf(uid) === 0) return
      await sleep(DYING_MS)
    }
  }
}

/** In one stroke of the kernel's, which nothing that forks escapes; where there is room for a process. */
function killAllAs(uid: number): void {
  spawnSync('/bin/sh', ['-c', 'kill -9 -1'], { uid, gid: uid, env: {}, timeout: HELPER_MS })
}

function makePassage(folder: string, mode: number): void {
  mkdirSync(folder, { recursive: true, mode })
  chmodSync(folder, mode)
}

/** By the account itself, since we may not give away what is ours; our group lets it into the service's folder. */
function makeOwnFolders(folders: readonly string[], uid: number): void {
  const script = 'umask 077; exec mkdir -p -- "$@"'
  const { status, stderr, error } = spawnSync('/bin/sh', ['-c', script, 'sh', ...folders], {
    uid,
    gid: process.getgid?.(),
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    timeout: HELPER_MS,
  })
  if (status === 0) return
  const why = error?.message ?? stderr.trim()
  throw new Error(`the folders of account ${uid} could not be made: ${why}`, { cause: error })
}

/** @throws Error when somebody else made it before. */
function assertOwn(folder: string, uid: number): void {
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return
  throw new Error(`${folder} is not account ${uid}'s alone: move it away`)
}

function* ownersIn(servicesFolder: string): Iterable<number> {
  const services = readdirSync(servicesFolder, { withFileTypes: true })
  for (const service of services.filter((one) => one.isDirectory())) {
    const folder = join(servicesFolder, service.name)
    for (const name of readdirSync(folder)) yield lstatSync(join(folder, name)).uid
  }
}
