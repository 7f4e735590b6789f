import test from 'ava'
import { decodeText } from '../../../services/fetchs/charset.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

const ROWS: readonly (readonly [what: string, bytes: Buffer, type: string, text: string])[] = [
  ['UTF-8 by default', Buffer.from('ä€'), 'text/plain', 'ä€'],
  ['the header', latin1('ä'), 'text/html; charset=ISO-8859-1', 'ä'],
  ['the header, in quotes', latin1('ä'), 'text/html; charset="windows-1252"', 'ä'],
  ['the document', latin1('<meta charset="latin1">ä'), 'text/html', '<meta charset="latin1">ä'],
  ['a byte order mark before the header', Buffer.from('\ufeffä'), 'text/html; charset=latin1', 'ä'],
  ['two bytes a character', Buffer.from('\ufeffä', 'utf16le'), 'text/plain', 'ä'],
  ['Japanese', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 'text/plain; charset=Shift_JIS', '日本'],
  ['a name that nobody knows', Buffer.from('ä'), 'text/plain; charset=klingon', 'ä'],
  ['bytes that are no UTF-8', latin1('aä'), 'text/plain', 'a\ufffd'],
]

for (const [what, bytes, type, text] of ROWS) {
  test(`the encoding is told by ${what}`, (t) => {
    t.is(decodeText(bytes, type), text)
  })
}
