/** Whose an id of a client is, told by what it looks like: no two kinds may be taken for one another. */

/** Those that registration makes: whatever looks otherwise was never registered. */
export const REGISTERED_CLIENT_ID = /^[A-Za-z0-9_-]{22}$/

/** Whose name tokens have that an operator makes for scripts. No client has it. */
export const PERSONAL_CLIENT_ID = 'personal-access-token'
