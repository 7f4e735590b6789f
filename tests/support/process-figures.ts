/** What the kernel tells of a process. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Resident, in bytes. */
export function memoryOf(pid: number | undefined): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

/** Ended children that nobody has waited for. */
export function zombiesOf(parent: number | undefined): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      // After the name, which may contain anything: state, then parent.
      const [state, of] = (
        readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ').at(-1) ?? ''
      ).split(' ')
      return state === 'Z' && of === String(parent)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

/** Living processes of an account, whatever they are. */
export function processesOf(uid: number): number {
  const statuses = readdirSync('/proc').map((entry) => {
    try {
      return /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/status`, 'utf8') : ''
    } catch {
      // It has ended meanwhile.
      return ''
    }
  })
  const own = statuses.filter((status) => status.includes(`\nUid:\t${uid}\t`))
  return own.filter((status) => !status.includes('\nState:\tZ')).length
}

/** TCP addresses at which a process listens. */
export function listeningPorts(pid: number | undefined): string[] {
  return ['tcp', 'tcp6'].flatMap((family) => {
    const own = socketsOf(pid)
    return readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(inode ?? ''))
      .map(([, address]) => address ?? '')
  })
}

function socketsOf(pid: number | undefined): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`
  const inodes = readdirSync(folder).map((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${descriptor}`))?.[1] ?? ''
    } catch {
      // Closed meanwhile.
      return ''
    }
  })
  return new Set(inodes)
}
