/** What Linux tells of processes in /proc; elsewhere there are none to be seen. */

import { readdir, readFile } from 'node:fs/promises'

export async function processIds(): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => [])
  return entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
}

/** Undefined for somebody else's process too, and for one that has ended. */
export async function environmentMember(pid: number, name: string): Promise<string | undefined> {
  const environment = await readProc(pid, 'environ')
  const members = `\0${environment ?? ''}`
  const start = members.indexOf(`\0${name}=`)
  if (start === -1) return undefined
  return members.slice(start + name.length + 2).split('\0', 1)[0]
}

/** The fields of `stat` from the third on: the second, the program's name, may contain anything. */
export async function statFields(pid: number): Promise<readonly string[] | undefined> {
  const stat = await readProc(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export async function residentBytes(pid: number): Promise<number> {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec((await readProc(pid, 'status')) ?? '')?.[1]
  return Number(kibibytes ?? 0) * 1024
}

async function readProc(pid: number, file: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // Somebody else's process, or one that has ended since.
    return undefined
  }
}
