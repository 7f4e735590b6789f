/** Every text becomes its own name here, so that what the pages say can be told from what they do not. */

import test from 'ava'
import { PLAIN_BRANDING } from '../../../../lib/catalogue/branding.ts'
import { WORDS } from '../../../../oauth-server/pages/render.ts'
import { common } from '../../../../oauth-server/pages/words/common.ts'
import { offers } from '../../../../oauth-server/pages/words/offers.ts'
import { who } from '../../../../oauth-server/pages/words/who.ts'
import { LANGUAGES, type PageWords } from '../../../../oauth-server/pages/words/words.ts'
import { EXHIBITS } from '../../../support/page-gallery/exhibits.ts'
import { openGallery } from '../../../support/page-gallery/gallery.ts'

const PAGES: readonly (readonly [string, PageWords])[] = Object.entries({ ...WORDS, common })

/** A page that says what has come of it has that for a title. */
const UNSAID = ['[[device-done title]]']

/** Gives each text its name for a text, with its values, and tells the names. */
function nameTexts(): ReadonlySet<string> {
  const shared: Readonly<Record<string, string>> = { ...who.en, ...offers.en }
  const names = new Set<string>()
  for (const [page, words] of PAGES) {
    for (const [key, text] of Object.entries(words.en)) {
      // What several pages share is said when one of them says it.
      const name = `[[${shared[key] === text ? 'shared' : page} ${key}]]`
      const values = text.match(/\{[a-zA-Z]+\}/g) ?? []
      for (const language of LANGUAGES) {
        Object.assign(words[language], { [key]: [name, ...values].join(' ') })
      }
      names.add(name)
    }
  }
  return names
}

test('every text is said by some page, and none without a name', async (t) => {
  const names = nameTexts()
  const gallery = await openGallery({ ...PLAIN_BRANDING, help: 'mailto:help@example.com' })
  t.teardown(() => gallery.close())
  const said = new Set(UNSAID)
  for (const { name } of EXHIBITS) {
    const html = await (
      await fetch(gallery.urlOf(name), { headers: { accept: 'text/html' } })
    ).text()
    for (const [text] of html.matchAll(/\[\[[\w-]+ [\w-]+\]\]/g)) said.add(text)
  }
  t.true(names.size > 150)
  t.deepEqual([...names].filter((name) => !said.has(name)).sort(), [])
  t.deepEqual([...said].filter((name) => !names.has(name)).sort(), [])
})
