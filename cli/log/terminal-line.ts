/** A record as a person reads it: `12:00:01.123 oauth-server-1 info   message key=value`. */

import { styleText } from 'node:util'
import type { LogLevel } from '../../lib/platform/environment.ts'
import type { LogRecord } from './log-record.ts'

type Style = Parameters<typeof styleText>[0]

const NAME_WIDTH = 14
const LEVEL_WIDTH = 6
const LEVEL_STYLE: Readonly<Record<LogLevel, Style>> = {
  trace: 'gray',
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
}
const NAME_STYLES: readonly Style[] = ['cyan', 'magenta', 'blue', 'yellow', 'green']

export function toTerminalLine(record: LogRecord, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    // The caller knows the stream: styleText's own guess would be about another one.
    colour ? styleText(style, text, { validateStream: false }) : text
  const fields = Object.entries(record.fields).map(
    ([key, value]) => `${paint('gray', `${escapeControls(key)}=`)}${toFieldText(value)}`,
  )
  return [
    paint('gray', toClockTime(record.time)),
    paint(styleOf(record.name), record.name.padEnd(NAME_WIDTH)),
    paint(LEVEL_STYLE[record.level], record.level.padEnd(LEVEL_WIDTH)),
    [escapeControls(record.msg), ...fields].join(' '),
  ].join(' ')
}

/** Local time of day. */
function toClockTime(iso: string): string {
  const time = new Date(iso)
  const two = (number: number): string => String(number).padStart(2, '0')
  const millis = String(time.getMilliseconds()).padStart(3, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${millis}`
}

function styleOf(name: string): Style {
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0)
  return NAME_STYLES[sum % NAME_STYLES.length] ?? 'cyan'
}

/** An error shows its message; its stack is in the log file. */
function toFieldText(value: unknown): string {
  if (isErrorLike(value)) return quote(value.message)
  return typeof value === 'string' ? quote(value) : escapeControls(JSON.stringify(value) ?? '')
}

function isErrorLike(value: unknown): value is { message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stack' in value &&
    'message' in value &&
    typeof value.message === 'string'
  )
}

function quote(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : escapeControls(JSON.stringify(text))
}

/** A program behind the gateway must not steer the operator's terminal. */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => {
    return `\\x${(control.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
  })
}
