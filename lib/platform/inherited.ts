/** What a program that is started for a service has of the environment of whoever starts it; nothing else of it travels. */

/** The last are for the guard, before services that ask whatever they are told to: services/guard. */
const INHERITED = /^(?:PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|EGRESS_ALLOW|EGRESS_SOCKET|CHROMIUM_BIN)$/

/** @param name of a variable. */
export function isInherited(name: string): boolean {
  return INHERITED.test(name)
}
