import test from 'ava'
import { definePage, escapeHtml, speak } from '../../../../oauth-server/pages/words/words.ts'

const page = definePage(
  { plain: 'Hello & welcome', named: 'Hello {name}, {name}!', counted: '{count} services' },
  { plain: 'Hallo & willkommen', named: 'Hallo {name}, {name}!', counted: '{count} Dienste' },
)

test('a text is said in the language, with its values', (t) => {
  t.is(speak(page, 'en').say('plain'), 'Hello & welcome')
  t.is(speak(page, 'de').say('named', { name: 'Ada' }), 'Hallo Ada, Ada!')
  t.is(speak(page, 'de').say('counted', { count: 20 }), '20 Dienste')
})

test('a value cannot bring a placeholder or markup of its own', (t) => {
  const { say, rich } = speak(page, 'en')
  t.is(say('named', { name: '{count}' }), 'Hello {count}, {count}!')
  t.is(
    rich('named', { name: '<b>{name}&' }),
    'Hello <strong>&lt;b&gt;{name}&amp;</strong>, <strong>&lt;b&gt;{name}&amp;</strong>!',
  )
  t.is(rich('plain', {}), 'Hello &amp; welcome')
})

test('what cannot be said is a fault of ours', (t) => {
  const { say } = speak(page, 'en')
  t.throws(() => say('other'), { message: 'there are no words for "other"' })
  t.throws(() => say('toString'), { message: 'there are no words for "toString"' })
  t.throws(() => say('named'), { message: 'no value for {name}' })
})

test('nothing that means something in HTML is left', (t) => {
  t.is(escapeHtml(`<a href="x" title='y'>&`), '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;')
})
