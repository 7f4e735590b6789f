import test from 'ava'
import { toFigures } from '../../../../cli/administration/registration-figures.ts'
import type { ClientEntry } from '../../../../lib/oauth/administration.ts'

function client(id: string, changes: Partial<ClientEntry> = {}): ClientEntry {
  return {
    client_id: id,
    kind: 'registered',
    name: 'App',
    auth_method: 'none',
    grant_types: ['authorization_code'],
    redirect_uris: ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb'],
    registered_at: '2026-11-29T01:00:00.000Z',
    approved: true,
    ends_at: null,
    grants: 1,
    users: [],
    services: [],
    ...changes,
  }
}

test('registrations are counted by what they are; a place counts once for each client', (t) => {
  const figures = toFigures([
    client('a'),
    client('b', { approved: false, grants: 0, registered_at: '2026-11-28T01:00:00.000Z' }),
    client('c', {
      name: null,
      redirect_uris: ['https://app.example/cb'],
      auth_method: 'client_secret_basic',
    }),
    client('d', { kind: 'configured', registered_at: null }),
  ])
  t.deepEqual(figures, {
    registered: 3,
    configured: 1,
    approved: 2,
    unapproved: 1,
    with_grants: 2,
    without_grants: 1,
    by_day: { '2026-11-29': 2, '2026-11-28': 1 },
    by_name: { App: 2, '': 1 },
    by_place: { '127.0.0.1': 2, 'app.example': 1 },
    by_auth_method: { none: 2, client_secret_basic: 1 },
  })
})

test('of days the last seven, of names the ten most frequent', (t) => {
  const days = Array.from({ length: 9 }, (_, day) =>
    client(`day-${day}`, { registered_at: `2026-11-0${day + 1}T00:00:00.000Z`, name: 'often' }),
  )
  const names = Array.from({ length: 12 }, (_, index) =>
    client(`n${index}`, { name: `rare ${index}` }),
  )
  const { by_day, by_name } = toFigures([...names, ...days])
  t.deepEqual(Object.keys(by_day).length, 7)
  t.is(Object.keys(by_day)[0], '2026-11-29')
  t.is(Object.keys(by_name).length, 10)
  t.is(Object.keys(by_name)[0], 'often')
})
