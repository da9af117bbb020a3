/** The entry `@fixpoint/core/transaction`: transactions. Loaded on demand. */
export { Transaction } from "./db/transaction.ts"
