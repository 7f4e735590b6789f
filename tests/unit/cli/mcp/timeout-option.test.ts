import test from 'ava'
import { Command } from 'commander'
import { timeoutOption } from '../../../../cli/mcp/call/timeout-option.ts'

function parse(seconds: string): number {
  const command = new Command().addOption(timeoutOption()).exitOverride()
  command.configureOutput({ writeErr: () => {} })
  return command.parse(['--timeout', seconds], { from: 'user' }).opts<{ timeout: number }>().timeout
}

test('seconds become milliseconds that a timer can wait', (t) => {
  t.is(parse('0.5'), 500)
  t.is(parse('86400'), 86_400_000)
  t.is(parse('2147483'), 2_147_483_000)
})

for (const seconds of ['2147484', '1e9', 'Infinity', '0', '-1', 'soon', 'NaN']) {
  test(`${seconds} is refused in words`, (t) => {
    t.throws(() => parse(seconds), { message: /must be a number of seconds, up to 2147483/ })
  })
}
