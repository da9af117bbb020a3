/** The entry `@fixpoint/core/passphrase`: keys that somebody remembers. Loaded on demand. */
export { type AskPassphrase, passphraseKeys } from "./crypto/passphrase-keys.ts"
