import test from 'ava'
import {
  type Findings,
  fillIn,
  readCommand,
  withProxy,
} from '../../../services/guard/command-line.ts'

const nothing = (): never => {
  throw new Error('nobody named it')
}
const NOTHING: Findings = {
  proxy: nothing,
  chromium: nothing,
  sandbox: nothing,
  services: nothing,
}

test('what to start stands behind two dashes, whatever it is called', (t) => {
  t.deepEqual(readCommand(['--', 'server', '--', '-x']), { program: 'server', args: ['--', '-x'] })
})

for (const argv of [[], ['--'], ['server'], ['server', '--']]) {
  test(`nothing to start in ${JSON.stringify(argv)}`, (t) => {
    t.throws(() => readCommand(argv), { message: /guard -- COMMAND ARGS/ })
  })
}

test('placeholders are filled in wherever they stand; only what is named is looked for', (t) => {
  const args = ['--proxy={proxy}', '{proxy}{proxy}', '{"proxy":1}', '{other}', '${proxy}']
  t.deepEqual(fillIn(args, { ...NOTHING, proxy: () => 'P' }), [
    '--proxy=P',
    'PP',
    '{"proxy":1}',
    '{other}',
    '$P',
  ])
  t.deepEqual(fillIn(['--{sandbox}'], { ...NOTHING, sandbox: () => 'sandbox' }), ['--sandbox'])
})

test('the program finds the proxy under every usual name, and no exception from it', (t) => {
  const environment = withProxy({ PATH: '/bin', NO_PROXY: '10.0.0.1', no_proxy: '*' }, 'http://p')
  t.deepEqual(environment, {
    PATH: '/bin',
    http_proxy: 'http://p',
    HTTP_PROXY: 'http://p',
    https_proxy: 'http://p',
    HTTPS_PROXY: 'http://p',
    all_proxy: 'http://p',
    ALL_PROXY: 'http://p',
    no_proxy: '',
    NO_PROXY: '',
    NODE_USE_ENV_PROXY: '1',
  })
})
