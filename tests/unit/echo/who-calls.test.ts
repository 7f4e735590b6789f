import test from 'ava'
import { whoCalls } from '../../../services/echo/who-calls.ts'

test('shows managed headers as received, decodes who it is, hides the rest', (t) => {
  const received = {
    'x-user-id': 'dev:a%20b',
    'x-user-name': '%C3%9C',
    'x-auth-scopes': 'mcp',
    'x-gateway-edge': 'canary',
    'x-users': 'no',
    host: 'h',
  }
  t.deepEqual(whoCalls(received), {
    userId: 'dev:a b',
    userName: 'Ü',
    headers: { 'x-user-id': 'dev:a%20b', 'x-user-name': '%C3%9C', 'x-auth-scopes': 'mcp' },
  })
})

test('shows what is not percent-encoded as it is', (t) => {
  t.is(whoCalls({ 'x-user-id': '%E0%A4%A' }).userId, '%E0%A4%A')
})

test('a caller without a name has none', (t) => {
  t.deepEqual(whoCalls({}), { userId: '', userName: '', headers: {} })
})
