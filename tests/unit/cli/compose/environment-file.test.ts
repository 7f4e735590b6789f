import { parseEnv } from 'node:util'
import test from 'ava'
import { toEnvironmentFile } from '../../../../cli/compose/environment-file.ts'
import { ConfigError } from '../../../../lib/platform/environment.ts'

test('what Node reads is what was written', (t) => {
  const values = {
    PLAIN: 'plain',
    EMPTY: '',
    BLANKS: '  two words # and no remark  ',
    LINES: 'one\ntwo',
    DOLLAR: '$HOME ${user.id}',
    SINGLE: "it's",
    DOUBLE: '{"a":"b"}',
    BOTH: `it's "both"`,
    BACKSLASH: 'C:\\new',
    BACKTICKS: '`it` is "so"',
    SINGLE_AND_BACKTICK: "it's `so`",
  }
  t.deepEqual({ ...parseEnv(toEnvironmentFile(values)) }, values)
})

test('what cannot be written is refused by its name, never by its value', (t) => {
  for (const value of [`'\`"`, "'`\\n"]) {
    const error = t.throws(() => toEnvironmentFile({ TOKEN: value }), { instanceOf: ConfigError })
    t.regex(error.message, /TOKEN/)
    t.false(error.message.includes(value))
  }
})
