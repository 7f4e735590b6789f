import { createHash } from 'node:crypto'
import test from 'ava'
import { PAGE_HEADERS, renderPage } from '../../../envoy/page.ts'

const PAGE = {
  title: '<b>"Title"</b>',
  words: "it's & <script>",
  link: { before: 'here:', url: 'https://gw.example/"><script>' },
}

test('whatever a page says is text', (t) => {
  const html = renderPage(PAGE)
  t.notRegex(html, /<script|<b>|"><s/)
  t.true(html.includes('&#60;b&#62;&#34;Title&#34;&#60;/b&#62;'))
})

test('a page loads nothing and its one style is the one that is allowed', (t) => {
  const html = renderPage(PAGE)
  const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = PAGE_HEADERS['content-security-policy'] ?? ''
  t.true(policy.includes(`style-src 'sha256-${hash}'`))
  t.true(policy.startsWith("default-src 'none'"))
  t.notRegex(html, /\ssrc=|<link|style=/)
})
