/** `health.ts SOCKET`: ends with 0 when the program `egress` accepts connections there, with 1 otherwise. */

import { connect } from 'node:net'

const ANSWER_MS_MAX = 3000

const socket = connect(process.argv[2] ?? '', () => process.exit(0))
socket.setTimeout(ANSWER_MS_MAX, () => process.exit(1))
socket.once('error', () => process.exit(1))
