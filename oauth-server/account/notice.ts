/**
 * What the account page says after a change. It is named in the address that the browser is sent back to:
 * only one of these, so that nobody can put words of their own on the page.
 */

export const NOTICES = [
  'revoked',
  'revoked-all',
  'gone',
  'secret-entered',
  'secret-deleted',
  'secret-gone',
  'secret-unknown',
  'secret-empty',
  'secret-long',
  'secret-unusable',
] as const

export type Notice = (typeof NOTICES)[number]

/** Nothing came of these: the person has to do something else. */
const PROBLEMS: readonly Notice[] = [
  'secret-unknown',
  'secret-empty',
  'secret-long',
  'secret-unusable',
]

export function parseNotice(text: string | undefined): Notice | undefined {
  return NOTICES.find((notice) => notice === text)
}

export function isProblem(notice: Notice): boolean {
  return PROBLEMS.includes(notice)
}
