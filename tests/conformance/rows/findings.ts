/** What the fuzzing has found in this gateway (Z); each stands in the corpus. */

import { proved, type Rows } from './row.ts'

export const FINDINGS: Rows = {
  'Z-01': proved(
    'event streams: lines that end in CR alone',
    'fuzz-remote-streams',
    'fuzz-native-streams',
  ),
  'Z-02': proved(
    'event streams: byte order marks, cut or twice',
    'fuzz-native-streams',
    'fuzz-remote-streams',
  ),
  'Z-03': proved(
    'gateway.yaml: a star without quotes, aliases of nothing or without end',
    'fuzz-gateway-file',
  ),
  'Z-04': proved('gateway.yaml: what stands within itself', 'fuzz-gateway-file'),
  'Z-05': proved('access tokens: a typ that is no text', 'fuzz-access-tokens'),
  'Z-06': proved('registration: a type of key that is no text', 'fuzz-register'),
  'Z-07': proved(
    'forms: a question mark before the first name',
    'fuzz-token-state',
    'fuzz-authorize',
  ),
}
