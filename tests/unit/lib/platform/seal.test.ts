import { randomBytes } from 'node:crypto'
import test from 'ava'
import { open, openFor, seal, sealFor } from '../../../../lib/platform/seal.ts'

const key = randomBytes(32)

test('opens what was sealed, and seals differently each time', (t) => {
  const [one, two] = [seal(key, 'hush ☃', 'here'), seal(key, 'hush ☃', 'here')]
  t.not(one, two)
  t.is(open(key, one, 'here'), 'hush ☃')
  t.is(open(key, two, 'here'), 'hush ☃')
})

test('opens nothing under another key, in another context, altered or cut', (t) => {
  const sealed = seal(key, 'hush', 'here')
  t.is(open(randomBytes(32), sealed, 'here'), undefined)
  t.is(open(key, sealed, 'there'), undefined)
  t.is(
    open(
      key,
      `A${sealed.slice(1)}` === sealed ? `B${sealed.slice(1)}` : `A${sealed.slice(1)}`,
      'here',
    ),
    undefined,
  )
  t.is(open(key, sealed.slice(0, 20), 'here'), undefined)
  t.is(open(key, '', 'here'), undefined)
})

test('what is sealed for a bearer only the bearer opens, for the same use', (t) => {
  const sealed = sealFor('a code', 'hush', 'here')
  t.is(openFor('a code', sealed, 'here'), 'hush')
  t.is(openFor('another', sealed, 'here'), undefined)
  t.is(openFor('a code', sealed, 'there'), undefined)
})
