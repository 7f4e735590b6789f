/** What takes long and how far it is: one line that changes on a terminal, plain lines elsewhere. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Output } from '../output.ts'

export interface Progress {
  /** Begins a task; the growth of `folder`, if given, is shown. */
  begin(what: string, folder?: string): { end(): void }
  /** `warn`: somebody has to do something about it. */
  note(text: string, level?: 'info' | 'warn'): void
}

const TERMINAL_MS = 200
const PLAIN_MS = 5000
const ERASE_LINE = '\r\u001b[K'

interface Task {
  readonly what: string
  readonly folder: string | undefined
  readonly began: number
}

export function createProgress({ stderr: stream }: Pick<Output, 'stderr'>, clock: Clock): Progress {
  const tasks = new Set<Task>()
  const terminal = stream.isTTY === true
  let timer: NodeJS.Timeout | undefined
  const describe = (task: Task): string => {
    const seconds = `${Math.round((clock() - task.began) / 1000)} s`
    return `${task.what} … ${[sizeOf(task.folder), seconds].filter(Boolean).join(', ')}`
  }
  const show = (): void => {
    const lines = [...tasks].map(describe)
    stream.write(
      terminal ? `${ERASE_LINE}${lines.join(' | ')}` : lines.map((line) => `${line}\n`).join(''),
    )
  }
  const note = (text: string): void => {
    stream.write(`${terminal ? ERASE_LINE : ''}${text}\n`)
  }
  return {
    note,
    begin(what, folder) {
      const task = { what, folder, began: clock() }
      tasks.add(task)
      show()
      timer ??= setInterval(show, terminal ? TERMINAL_MS : PLAIN_MS)
      return {
        end() {
          if (!tasks.delete(task)) return
          note(`${describe(task).replace(' … ', ': ')}`)
          if (tasks.size > 0) return
          clearInterval(timer)
          timer = undefined
        },
      }
    },
  }
}

function sizeOf(folder: string | undefined): string {
  if (folder === undefined) return ''
  const megabytes = bytesBelow(folder) / 1_000_000
  return megabytes < 0.1 ? '' : `${megabytes.toFixed(1)} MB`
}

/** Files come and go while it is counted. */
function bytesBelow(folder: string): number {
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      bytes += entry.isDirectory() ? bytesBelow(path) : statSync(path).size
    }
  } catch {
    // Gone between listing and looking.
  }
  return bytes
}
