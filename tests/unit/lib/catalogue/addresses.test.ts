import test from 'ava'
import { isLoopbackHost } from '../../../../lib/catalogue/addresses.ts'

for (const host of ['localhost', 'echo.localhost', 'a.b.localhost', '127.0.0.1', '[::1]']) {
  test(`${host} is this machine`, (t) => {
    t.true(isLoopbackHost(host))
  })
}

for (const host of [
  ...[
    'evillocalhost',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.2',
    '127.0.0.1.evil.example',
  ],
  ...['0.0.0.0', '[::]', '[::ffff:127.0.0.1]', 'LOCALHOST', '', '.', 'ip6-localhost'],
]) {
  test(`not surely this machine: "${host}"`, (t) => {
    t.false(isLoopbackHost(host))
  })
}
