/** Which of many are meant: by age, by name, by whom they belong to. */

import { InvalidArgumentError } from 'commander'

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `90s`, `15m`, `12h`, `30d`, `8w`. @returns milliseconds. */
export function parseAge(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const milliseconds = Number(count) * (UNITS[unit] ?? 0)
  if (milliseconds > 0) return milliseconds
  throw new InvalidArgumentError('It must be a number and one of s m h d w, e.g. 30d.')
}

/** Whether something of this time is older than that. What has no time is not. */
export function isOlder(time: string | null, ageMs: number | undefined, now: number): boolean {
  if (ageMs === undefined) return true
  return time !== null && now - Date.parse(time) > ageMs
}

/** A pattern in which `*` stands for anything; capitals do not matter. */
export function matchesPattern(pattern: string | undefined, name: string | null): boolean {
  if (pattern === undefined) return true
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('.*')}$`, 'isu').test(name ?? '')
}

export function isOneOf(wanted: string | undefined, values: readonly string[]): boolean {
  return wanted === undefined || values.includes(wanted)
}

export const AGE_OPTION = [
  '--older-than <age>',
  'only older ones, e.g. 30d, 12h',
  parseAge,
] as const
