import test from 'ava'
import { PLAIN_BRANDING } from '../../../../lib/catalogue/branding.ts'
import { PAGE_NAMES, WORDS } from '../../../../oauth-server/pages/render.ts'
import { common } from '../../../../oauth-server/pages/words/common.ts'
import {
  LANGUAGES,
  type Language,
  type PageWords,
} from '../../../../oauth-server/pages/words/words.ts'
import { EXHIBITS } from '../../../support/page-gallery/exhibits.ts'
import { type Gallery, openGallery } from '../../../support/page-gallery/gallery.ts'

let gallery: Gallery
/** Every exhibit in each language, by its name. */
const pages = new Map<Language, Map<string, { html: string; headers: Headers }>>()

test.before(async () => {
  gallery = await openGallery({ ...PLAIN_BRANDING, help: 'mailto:help@example.com' })
  for (const language of LANGUAGES) {
    const seen = new Map<string, { html: string; headers: Headers }>()
    for (const { name } of EXHIBITS) {
      const headers = { accept: 'text/html', 'accept-language': language }
      const answer = await fetch(gallery.urlOf(name), { headers })
      seen.set(name, { html: await answer.text(), headers: answer.headers })
    }
    pages.set(language, seen)
  }
})

test.after.always(() => gallery?.close())

test('every page hangs in the gallery, and each exhibit once', (t) => {
  const names = EXHIBITS.map(({ name }) => name)
  const missing = PAGE_NAMES.filter(
    (page) => !names.some((name) => name === page || name.startsWith(`${page}-`)),
  )
  t.deepEqual(missing, [])
  t.is(new Set(names).size, names.length)
})

for (const language of LANGUAGES) {
  test(`every page is whole: ${language}`, (t) => {
    for (const [name, { html, headers }] of pages.get(language) ?? []) {
      t.is(headers.get('content-language'), language, name)
      t.regex(headers.get('vary') ?? '', /Accept-Language/, name)
      t.true(html.startsWith(`<!doctype html>\n<html lang="${language}">`), name)
      t.notRegex(html, /\{[a-zA-Z]+\}/, `${name} has a placeholder left`)
      t.notRegex(html, /undefined|\[object|NaN|Invalid Date/, name)
      t.notRegex(html, /<%|%>/, name)
    }
  })
}

test('no page has a program, a style of its own, or anything from elsewhere', (t) => {
  for (const seen of pages.values()) {
    for (const [name, { html, headers }] of seen) {
      t.notRegex(html, /<script|<style|<iframe|<object|\sstyle=|\son[a-z]+=/i, name)
      const addresses = [...html.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(
        ([, address = '']) => address,
      )
      const foreign = addresses.filter((address) => !/^[/#](?!\/)|^cursor:|^mailto:/.test(address))
      t.deepEqual(foreign, [], name)
      t.regex(
        headers.get('content-security-policy') ?? '',
        /^default-src 'none'; style-src 'self';/,
      )
      t.is(headers.get('cache-control'), 'no-store', name)
    }
  }
})

test('each page begins with one heading of the first level, and leaves none out', (t) => {
  for (const [name, { html }] of pages.get('en') ?? []) {
    const levels = [...html.matchAll(/<h([1-6])[\s>]/g)].map(([, level]) => Number(level))
    t.is(levels[0], 1, name)
    t.is(levels.filter((level) => level === 1).length, 1, name)
    levels.forEach((level, index) => {
      t.true(level <= (levels[index - 1] ?? 0) + 1, `${name}: ${levels}`)
    })
  }
})

test('an id stands for one thing on each page, and what refers to one finds it', (t) => {
  for (const [name, { html }] of pages.get('en') ?? []) {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    t.is(new Set(ids).size, ids.length, name)
    const references = [...html.matchAll(/\s(?:for|aria-labelledby|aria-describedby)="([^"]+)"/g)]
    const lost = references
      .flatMap(([, all = '']) => all.split(' '))
      .filter((id) => !ids.includes(id))
    t.deepEqual(lost, [], name)
  }
})

const wordsOf = (page: PageWords, language: Language): [string, string][] =>
  Object.entries(page[language])

test('no page gives another meaning to what is said on all of them', (t) => {
  for (const [page, words] of Object.entries(WORDS)) {
    const taken = wordsOf(words, 'en').filter(([key]) => Object.hasOwn(common.en, key))
    t.deepEqual(taken, [], page)
  }
})

test('a text takes the same values in every language', (t) => {
  const placeholders = (text = ''): string[] =>
    [...new Set(text.match(/\{[a-zA-Z]+\}/g) ?? [])].sort()
  for (const [page, words] of Object.entries({ ...WORDS, common })) {
    for (const [key, text] of wordsOf(words, 'en')) {
      const other = new Map(wordsOf(words, 'de')).get(key)
      t.deepEqual(placeholders(other), placeholders(text), `${page}: ${key}`)
    }
  }
})

test('without a service there is nothing to approve', (t) => {
  for (const name of ['consent-no-services', 'device-no-services']) {
    const html = pages.get('en')?.get(name)?.html ?? ''
    t.true(html.includes('There is no service that you may use.'), name)
    t.true(html.includes('value="deny"'), name)
    t.notRegex(html, /value="approve"|name="username"|name="provider"/, name)
  }
})
