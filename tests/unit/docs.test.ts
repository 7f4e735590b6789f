import test from 'ava'
import { stalePages } from '../../docs/generate.ts'

test('generated pages are what the code says (npm run docs)', (t) => {
  t.deepEqual(stalePages(), [])
})
