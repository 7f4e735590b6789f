/** How much the peer may still send, on a stream or the whole connection. */

export interface ReceiveWindow {
  receiveWindow: number
  /** Received and used: may be given back. */
  uncredited: number
}

/** @returns whether the peer had that much. */
export function takeCredit(window: ReceiveWindow, bytes: number): boolean {
  window.receiveWindow -= bytes
  window.uncredited += bytes
  return window.receiveWindow >= 0
}

/** Gives credit back once half of `size` is used. @returns what to announce, or 0. */
export function giveCredit(window: ReceiveWindow, size: number): number {
  const increment = window.uncredited
  if (increment < size / 2) return 0
  window.receiveWindow += increment
  window.uncredited = 0
  return increment
}
