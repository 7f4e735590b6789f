/** A column of the table of clients is `yes` only where client and gateway agree. */

import test from 'ava'
import type { AuditRecord } from '../../../lib/store/audit-record.ts'
import { COLUMNS, type Column } from '../../clients/driver.ts'
import { judge, type Seen, type Trial } from '../../clients/judge.ts'

const deed = (at: number, action: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
  ...{ at, room: 'any', action, outcome: 'ok', user: 'dev:it', client_id: 'abc', ...more },
})
const call = (at: number): AuditRecord => deed(at, 'tools/call', { target: 'whoami' })

const TRIAL: Trial = {
  name: 'it',
  logIn: { said: '' },
  list: { said: 'whoami' },
  call: { said: 'this is it' },
  late: { said: 'this is it' },
  revoked: { failed: 'Unauthorized' },
  at: { called: 30, expired: 40, revoked: 50 },
  visits: { called: 1, late: 1, end: 1 },
}
const SEEN: Seen = {
  deeds: [
    deed(10, 'consent/approve'),
    deed(11, 'token/authorization_code'),
    call(20),
    deed(41, 'token/refresh_token'),
    call(42),
    deed(51, 'token/refresh_token', { outcome: 'invalid_grant' }),
  ],
  registrations: [deed(5, 'registration/create')],
  requests: [
    {
      at: 1,
      method: 'GET',
      path: '/.well-known/oauth-protected-resource/it/mcp',
      status: 200,
    },
  ],
}

const objections = (trial: Trial, seen: Seen): Column[] => {
  const judged = judge(trial, seen)
  return COLUMNS.filter((column) => judged[column] !== undefined)
}

const without = (action: string, from = 0, until = Infinity): Seen => ({
  ...SEEN,
  deeds: SEEN.deeds.filter((one) => one.action !== action || one.at < from || one.at > until),
})

test('a client that did everything', (t) => {
  t.deepEqual(judge(TRIAL, SEEN), Object.fromEntries(COLUMNS.map((column) => [column, undefined])))
})

test('what the gateway did not see did not happen, whatever the client says', (t) => {
  t.deepEqual(objections(TRIAL, { ...SEEN, requests: [] }), ['discovery'])
  t.deepEqual(objections(TRIAL, { ...SEEN, registrations: [] }), ['registration'])
  const other = [deed(5, 'registration/create', { client_id: 'another' })]
  t.deepEqual(objections(TRIAL, { ...SEEN, registrations: other }), ['registration'])
  t.deepEqual(objections(TRIAL, without('consent/approve')), ['login'])
  t.deepEqual(objections(TRIAL, without('token/authorization_code')), ['registration', 'login'])
  t.deepEqual(objections(TRIAL, without('tools/call', 0, 39)), ['call'])
  t.deepEqual(objections(TRIAL, without('tools/call', 40)), ['refresh'])
  t.deepEqual(objections(TRIAL, without('token/refresh_token', 0, 49)), ['refresh'])
  t.deepEqual(objections(TRIAL, without('token/refresh_token', 50)), ['revocation'])
})

test('a client named by a document of its own need not register', (t) => {
  const deeds = SEEN.deeds.map((one) => ({ ...one, client_id: 'https://client.example/me.json' }))
  t.deepEqual(objections(TRIAL, { ...SEEN, deeds, registrations: [] }), [])
})

test('what the client was told counts too', (t) => {
  t.deepEqual(objections({ ...TRIAL, list: { said: 'none' } }, SEEN), ['list'])
  t.deepEqual(objections({ ...TRIAL, call: { said: 'this is her' } }, SEEN), ['call'])
  t.deepEqual(objections({ ...TRIAL, call: { failed: 'this is it' } }, SEEN), ['call'])
  t.deepEqual(objections({ ...TRIAL, late: { failed: '401' } }, SEEN), ['refresh'])
})

test('a person who is asked again is no refresh', (t) => {
  const visits = { ...TRIAL.visits, late: 2, end: 2 }
  t.deepEqual(objections({ ...TRIAL, visits }, SEEN), ['refresh'])
  const deeds = [...SEEN.deeds, deed(41, 'consent/remembered')]
  t.deepEqual(objections(TRIAL, { ...SEEN, deeds }), ['refresh'])
})

test('an end of access that is not told, or is none', (t) => {
  t.deepEqual(objections({ ...TRIAL, revoked: { said: 'this is it' } }, SEEN), ['revocation'])
  t.deepEqual(objections({ ...TRIAL, revoked: { said: 'no tool' } }, SEEN), ['revocation'])
  t.deepEqual(objections(TRIAL, { ...SEEN, deeds: [...SEEN.deeds, call(52)] }), ['revocation'])
  const asked = { ...TRIAL, revoked: { said: '' }, visits: { ...TRIAL.visits, end: 2 } }
  t.deepEqual(objections(asked, SEEN), [])
})

test('a client that never logged in has done nothing', (t) => {
  const never = { list: undefined, call: undefined, late: undefined, revoked: undefined }
  const trial: Trial = { name: 'it', logIn: { failed: 'no' }, ...never, at: {}, visits: {} }
  t.deepEqual(objections(trial, { deeds: [], registrations: [], requests: [] }), [...COLUMNS])
})
