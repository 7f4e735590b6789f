/** Facts as cells of a table. */

import { escapeControls } from '../log/terminal-line.ts'

/** What others chose: it may hold anything. */
export function cell(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? '-' : escapeControls(`${value}`)
}

/** To the minute, in UTC. */
export function minute(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 16).replace('T', ' ')}Z`
}

const SHOWN = 2

/** The first few, and how many more there are. */
export function few(values: readonly string[]): string {
  if (values.length === 0) return '-'
  const more = values.length - SHOWN
  const shown = values.slice(0, SHOWN).map(cell).join(' ')
  return more > 0 ? `${shown} +${more}` : shown
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** A table of two columns for one thing. */
export function facts(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}

/** Where answers to a client go: the name of the host, or the scheme of an address that has none. */
export function toPlace(uri: string): string {
  const { hostname, protocol } = URL.parse(uri) ?? {}
  return hostname || protocol || uri
}

const UNITS = ['bytes', 'kB', 'MB', 'GB']

export function toByteSize(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`
}
