/**
 * What Linux tells of processes in /proc; elsewhere there are none to be seen.
 *
 * Nothing there waits for a disk: read at once, a file costs a tenth of what asking for it later does.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** So many files are read before others have their turn. */
const FILES_AT_ONCE = 50

/** All of them; others have their turn in between. */
export async function* processIds(): AsyncGenerator<number> {
  let count = 0
  for (const entry of listProc()) {
    if (!/^\d+$/.test(entry)) continue
    count += 1
    if (count % FILES_AT_ONCE === 0) await turn()
    yield Number(entry)
  }
}

/** Undefined for somebody else's process too, and for one that has ended. */
export function environmentMember(pid: number, name: string): string | undefined {
  const environment = readProc(pid, 'environ')
  const members = `\0${environment ?? ''}`
  const start = members.indexOf(`\0${name}=`)
  if (start === -1) return undefined
  return members.slice(start + name.length + 2).split('\0', 1)[0]
}

/** The fields of `stat` from the third on: the second, the program's name, may contain anything. */
export function statFields(pid: number): readonly string[] | undefined {
  const stat = readProc(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '')?.[1]
  return Number(kibibytes ?? 0) * 1024
}

/** Real, effective, saved and of the file system: all four belong to an account. */
const UIDS = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m
/** The real one. */
export function uidOf(pid: number): number | undefined {
  const uid = UIDS.exec(readProc(pid, 'status') ?? '')?.[1]
  return uid === undefined ? undefined : Number(uid)
}

const ENDED = /^State:\t[ZX]/m

/** How many living processes of an account there were: all at once, nothing of ours runs in between. */
export function killProcessesOf(uid: number): number {
  let count = 0
  for (const entry of listProc()) {
    const status = /^\d+$/.test(entry) ? readProc(Number(entry), 'status') : undefined
    if (status === undefined || ENDED.test(status)) continue
    if (UIDS.exec(status)?.slice(1).includes(String(uid)) !== true) continue
    count += 1
    kill(Number(entry))
  }
  return count
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended since.
  }
}

function listProc(): string[] {
  try {
    return readdirSync('/proc')
  } catch {
    return []
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // Somebody else's process, or one that has ended since.
    return undefined
  }
}
