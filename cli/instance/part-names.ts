/** The names of parts: that of the room, and which of its processes where there may be several. */

export function processName(room: string, number: number): string {
  return `${room}-${number}`
}

/** The room of `ext-authz-2` is `ext-authz`; a part that is one process alone is its own. */
export function roomOf(name: string): string {
  return name.replace(/-\d+$/, '')
}

/** Whether a part is the one that is asked for, or a process of the room that is. */
export function isPartOf(name: string, partOrRoom: string): boolean {
  return name === partOrRoom || roomOf(name) === partOrRoom
}
