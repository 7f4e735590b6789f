/**
 * User codes: what a person reads on a device and types into a browser (RFC 8628 section 6.1).
 *
 * Eight letters of twenty, 34 bits: no vowels, so that no word can appear, and no digits.
 */

import { randomInt } from 'node:crypto'

const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
const LETTERS = 8
const USER_CODE = new RegExp(`^[${ALPHABET}]{${LETTERS}}$`)

/** What people type for a letter that looks like it. None of them stands in a code. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '0': 'Q',
  '1': 'L',
  '2': 'Z',
  '5': 'S',
  '6': 'G',
  '8': 'B',
  I: 'L',
  O: 'Q',
  U: 'V',
}

/** Without the dash: as it is compared. */
export function makeUserCode(): string {
  return Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** As it is shown. */
export function formatUserCode(userCode: string): string {
  return `${userCode.slice(0, LETTERS / 2)}-${userCode.slice(LETTERS / 2)}`
}

/** The code that a person means, however it is written; undefined for what is none. */
export function parseUserCode(text: string): string | undefined {
  const letters = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}\p{Cf}._]/gu, '')
    .replaceAll(/[0-9IOU]/g, (typed) => LOOK_ALIKES[typed] ?? typed)
  return USER_CODE.test(letters) ? letters : undefined
}
