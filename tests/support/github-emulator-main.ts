/** The emulated GitHub for a person at a terminal: `node tests/support/github-emulator-main.ts [login …]`. */

import { startGitHub } from './github-emulator.ts'

const [first = 'octocat', ...others] = process.argv.slice(2)
const github = await startGitHub({ enterprise: true, port: 8655 })
for (const login of [first, ...others]) github.add(login, { organizations: ['acme'] })
console.log(`People: ${[...github.people.keys()].join(', ')}. Start the gateway with:

GITHUB_URL=${github.url} GITHUB_API_URL=${github.apiUrl} GITHUB_CLIENT_ID=${github.clientId} \\
GITHUB_CLIENT_SECRET=${github.clientSecret} ALLOWED_GITHUB_USERS=${first} npm start`)
