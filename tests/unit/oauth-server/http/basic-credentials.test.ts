import test from 'ava'
import { parseBasicCredentials } from '../../../../oauth-server/http/basic-credentials.ts'

const header = (text: string, scheme = 'Basic') =>
  `${scheme} ${Buffer.from(text).toString('base64')}`

test('credentials are read form-encoded and raw, and a secret may hold colons', (t) => {
  t.deepEqual(parseBasicCredentials(header('id:a:b')), { clientId: 'id', secret: 'a:b' })
  t.deepEqual(parseBasicCredentials(header('i%64:a%2Bb', 'bAsIc')), {
    clientId: 'id',
    secret: 'a+b',
  })
  t.deepEqual(parseBasicCredentials(header('id:100%')), { clientId: 'id', secret: '100%' })
})

for (const text of ['', 'Bearer x', 'Basically x']) {
  test(`"${text}" is not Basic`, (t) => t.is(parseBasicCredentials(text), undefined))
}
for (const text of [
  'Basic',
  'Basic ',
  header('no colon'),
  header(':secret'),
  'Basic aWQ6c2Vjcg==,Basic eDp5',
  'Basic aWQ6c2Vj, eDp5',
  'Basic aWQ6 c2Vj',
  'Basic aWQ6c2Vj!',
  'Basic aWQ6/w==',
]) {
  test(`"${text}" is malformed`, (t) => t.is(parseBasicCredentials(text), 'malformed'))
}
