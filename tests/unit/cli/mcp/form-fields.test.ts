import test from 'ava'
import { fieldQuestion, toFields } from '../../../../cli/mcp/session/form-fields.ts'

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Name\u001b[2J', description: 'yours', maxLength: 5 },
    age: { type: 'integer', minimum: 18, default: 20 },
    share: { type: 'number', maximum: 1 },
    agree: { type: 'boolean' },
    friend: { type: 'string', enum: ['Ann', 'Bob'] },
    hero: { type: 'string', oneOf: [{ const: 'h1', title: 'One' }, { const: 'h2' }] },
    tools: { type: 'array', items: { type: 'string', enum: ['saw', 'axe'] }, default: ['saw'] },
  },
  required: ['name', 'agree'],
}

function read(name: string, text: string) {
  const field = toFields(SCHEMA).find((one) => one.name === name)
  if (field === undefined) throw new Error(name)
  return fieldQuestion(field).read(text)
}

for (const [name, text, expected] of [
  ['name', 'ann', { value: 'ann' }],
  ['name', '', { fault: 'an answer is needed' }],
  ['name', 'far too long', { fault: 'it may have 5 characters at most' }],
  ['age', '21', { value: 21 }],
  ['age', '17', { fault: 'it is at least 18' }],
  ['age', '2.5', { fault: 'it is a whole number' }],
  ['age', '', { value: undefined }],
  ['share', '0.5', { value: 0.5 }],
  ['share', '2', { fault: 'it is at most 1' }],
  ['share', 'x', { fault: 'it is a number' }],
  ['agree', 'yes', { value: true }],
  ['agree', 'N', { value: false }],
  ['agree', 'maybe', { fault: 'it is yes or no' }],
  ['friend', 'Bob', { value: 'Bob' }],
  ['friend', 'Eve', { fault: 'there is no "Eve"' }],
  ['hero', 'h2', { value: 'h2' }],
  ['hero', 'One', { fault: 'there is no "One"' }],
  ['tools', 'saw, axe', { value: ['saw', 'axe'] }],
  ['tools', 'saw,gun', { fault: 'there is no "gun"' }],
] as const) {
  test(`${name} "${text}"`, (t) => {
    t.deepEqual(read(name, text), expected)
  })
}

test('a question says what is known of the field, and does not steer the terminal', (t) => {
  const [name, age, , , friend] = toFields(SCHEMA).map(fieldQuestion)
  t.is(name?.message, 'Name\\x1b[2J (yours):')
  t.is(age?.initial, '20')
  t.is(age?.message, 'age (Enter alone is 20):')
  t.is(friend?.message, 'friend (one of: Ann, Bob; Enter alone leaves it out):')
})

test('what is no form is told', (t) => {
  t.throws(() => toFields({ properties: { a: { type: 5 } } }), {
    message: 'the form is not understood',
  })
  t.deepEqual(toFields({ type: 'object' }), [])
})
