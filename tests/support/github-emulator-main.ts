/** The emulated GitHub for a person at a terminal: `node tests/support/github-emulator-main.ts [login …]`. */

import { startGitHub } from './github-emulator.ts'

const logins = process.argv.slice(2)
const github = await startGitHub({ enterprise: true, port: 8655 })
for (const login of logins.length > 0 ? logins : ['octocat', 'hubot']) github.add(login)
console.log(`People: ${[...github.people.keys()].join(', ')}. Start the gateway with:

GITHUB_URL=${github.url} GITHUB_API_URL=${github.apiUrl} GITHUB_CLIENT_ID=${github.clientId} \\
GITHUB_CLIENT_SECRET=${github.clientSecret} ALLOWED_GITHUB_USERS=octocat npm start`)
