/** Protections that are settings of Envoy. */

import { type Mutation, unit } from './mutation.ts'

export const ENVOY: readonly Mutation[] = [
  {
    takesOut: 'nothing is tunnelled',
    file: 'envoy/connection-manager.ts',
    from: 'allow_connect: false',
    to: 'allow_connect: true',
    noticedBy: 'nothing is tunnelled',
    test: unit('envoy/listener'),
  },
]
