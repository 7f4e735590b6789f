import test from 'ava'
import { CliError } from '../../../../cli/cli-error.ts'
import { type InputSchema, toToolArguments } from '../../../../cli/mcp/call/arguments.ts'

const SCHEMA: InputSchema = {
  type: 'object',
  properties: {
    word: { type: 'string' },
    count: { type: 'integer' },
    share: { type: 'number' },
    loud: { type: 'boolean' },
    nothing: { type: 'null' },
    tags: { type: 'array', items: { type: 'string' } },
    numbers: { type: 'array', items: { type: 'integer' } },
    options: { type: 'object' },
    maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    optionalWord: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    level: { enum: ['low', 'high'] },
    referred: { $ref: '#/$defs/Count' },
    circular: { $ref: '#/$defs/Circle' },
    anything: {},
  },
  $defs: { Count: { type: 'integer' }, Circle: { $ref: '#/$defs/Circle' } },
}

const GOOD: [written: string[], expected: object][] = [
  [['word=hello'], { word: 'hello' }],
  [['word=5'], { word: '5' }],
  [['word='], { word: '' }],
  [['word=a=b c\n'], { word: 'a=b c\n' }],
  [['word:=null'], { word: null }],
  [['count=5'], { count: 5 }],
  [['count=-5'], { count: -5 }],
  [['share=2.5'], { share: 2.5 }],
  [['loud=true'], { loud: true }],
  [['loud=false'], { loud: false }],
  [['nothing=null'], { nothing: null }],
  [['tags=red', 'tags=a,b'], { tags: ['red', 'a,b'] }],
  [['tags=red'], { tags: ['red'] }],
  [['tags=["red","blue"]'], { tags: ['red', 'blue'] }],
  [['numbers=1', 'numbers=2'], { numbers: [1, 2] }],
  [['options={"a":1}'], { options: { a: 1 } }],
  [['maybe=3'], { maybe: 3 }],
  [['maybe=null'], { maybe: null }],
  [['optionalWord=null'], { optionalWord: 'null' }],
  [['level=low'], { level: 'low' }],
  [['referred=7'], { referred: 7 }],
  [['circular=7'], { circular: '7' }],
  [['anything=7'], { anything: '7' }],
  [['anything:=7'], { anything: 7 }],
  [['unknown:={"x":[1]}'], { unknown: { x: [1] } }],
]
for (const [written, expected] of GOOD) {
  test(`${written.join(' ')} becomes ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(toToolArguments(SCHEMA, written), expected)
  })
}

const BAD: [written: string[], fault: RegExp][] = [
  [['count=2.5'], /count: "2.5" is no whole number/],
  [['count='], /is no whole number/],
  [['count=1e400'], /is no whole number/],
  [['share=Infinity'], /is no number/],
  [['loud=yes'], /neither true nor false/],
  [['options=[]'], /JSON of the type object/],
  [['tags=[1'], /JSON of the type array/],
  [['numbers=1', 'numbers=x'], /"x" is no whole number/],
  [['word=a', 'word=b'], /several times, and is no list/],
  [['word=a', 'word:=1'], /given twice/],
  [['wrod=a'], /wrod: there is no such argument/],
  [['word'], /"word" is no argument/],
  [['=a'], /"=a" is no argument/],
  [['word:=hello'], /word is no JSON/],
]
for (const [written, fault] of BAD) {
  test(`${written.join(' ')} is refused`, (t) => {
    const error = t.throws(() => toToolArguments(SCHEMA, written), { instanceOf: CliError })
    t.regex(error.message, fault)
    t.is(error.exitCode, 2)
  })
}

test('every fault is told at once, with what the tool takes', (t) => {
  const schema: InputSchema = {
    properties: { a: { type: 'integer' }, b: { type: 'string' } },
    required: ['a', 'b'],
  }
  const error = t.throws(() => toToolArguments(schema, ['a=x']), { instanceOf: CliError })
  t.is(error.message, 'a: "x" is no whole number\na is missing (integer)\nb is missing (string)')
  t.is(error.nextStep, 'it takes a (integer), b (string)')
})

test('what a schema welcomes beyond what it names is sent as text', (t) => {
  t.deepEqual(toToolArguments({ additionalProperties: true }, ['any=1']), { any: '1' })
  t.throws(() => toToolArguments({ additionalProperties: false }, ['any=1']))
})

test('one object may be given, and single arguments replace its members', (t) => {
  const given = { word: 'a', count: 1 }
  t.deepEqual(toToolArguments(SCHEMA, ['count=2'], given), { word: 'a', count: 2 })
  t.deepEqual(given, { word: 'a', count: 1 })
})

test('members of prototypes are arguments like others, or none', (t) => {
  t.throws(() => toToolArguments(SCHEMA, ['constructor=x']), { message: /no such argument/ })
  t.throws(() => toToolArguments({ required: ['toString'] }, []), {
    message: /toString is missing/,
  })
})
