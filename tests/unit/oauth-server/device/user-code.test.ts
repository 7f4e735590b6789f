import test from 'ava'
import {
  formatUserCode,
  makeUserCode,
  parseUserCode,
} from '../../../../oauth-server/device/user-code.ts'

test('a code has eight of twenty letters, and each letter occurs', (t) => {
  const codes = Array.from({ length: 500 }, makeUserCode)
  for (const code of codes) t.regex(code, /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
  t.is(new Set(codes.join('')).size, 20)
  t.is(new Set(codes).size, 500)
})

test('it is shown with a dash and read back', (t) => {
  const code = makeUserCode()
  t.regex(formatUserCode(code), /^[A-Z]{4}-[A-Z]{4}$/)
  t.is(parseUserCode(formatUserCode(code)), code)
})

for (const typed of [
  'WDJBMJHT',
  'wdjb-mjht',
  ' WDJB MJHT ',
  'wdjb–mjht',
  'WDJB—MJHT',
  'W D J B - M J H T',
  'wdjb.mjht',
  'WDJB_MJHT',
  'ＷＤＪＢ－ＭＪＨＴ',
  'WDJB\u200bMJHT',
  'wd\tjbmjht\n',
]) {
  test(`${JSON.stringify(typed)} is the code that is meant`, (t) => {
    t.is(parseUserCode(typed), 'WDJBMJHT')
  })
}

test('what looks like a letter of the alphabet is read as it', (t) => {
  t.is(parseUserCode('0125-68io'), 'QLZSGBLQ')
  t.is(parseUserCode('uuuu-1111'), 'VVVVLLLL')
})

for (const typed of [
  '',
  '-',
  'WDJBMJH',
  'WDJBMJHTT',
  'AEIO-UAEI',
  'WDJB/MJHT',
  'ΒCDFGHJK',
  'WDJB-MJH*',
  "' OR 1=1",
]) {
  test(`${JSON.stringify(typed)} is no code`, (t) => t.is(parseUserCode(typed), undefined))
}
