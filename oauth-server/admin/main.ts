/**
 * Carries an operator's questions to the server's own socket, and the answers back: where the socket cannot
 * be reached from outside, as in a container, this program can be started inside.
 */

import { connect } from 'node:net'
import { pipeline } from 'node:stream/promises'

const path = process.env['OAUTH_SERVER_ADMIN_SOCKET']
if (path === undefined) throw new Error('OAUTH_SERVER_ADMIN_SOCKET is not set')
const socket = connect({ path, allowHalfOpen: false })
await Promise.all([pipeline(process.stdin, socket), pipeline(socket, process.stdout)])
