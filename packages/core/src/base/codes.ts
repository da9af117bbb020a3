/**
 * The codes of errors. Owns: every code and its kind; what a code means stands in code-texts.ts, which is loaded on demand.
 * Invariant: a code once released never changes its meaning; docs/errors.md is generated from here and from the texts.
 * Must not know who throws a code. Runs in the page: keep it small.
 */

/** What the caller does next: fix the call, merge or retry, wait, free space, unlock, restore, reopen, report. */
export type ErrorKind = "invalid" | "conflict" | "unavailable" | "quota" | "auth" | "corrupt" | "closed" | "bug"

/** Every code of Fixpoint, in the order of docs/errors.md. */
export const codes = {
  INVALID_ARGUMENT: "invalid",
  INVALID_DOCUMENT: "invalid",
  KEY_FORBIDDEN: "invalid",
  LIMIT_SIZE: "invalid",
  LIMIT_DEPTH: "invalid",
  LIMIT_KDF: "invalid",
  ALREADY_EXISTS: "conflict",
  NOT_UNIQUE: "conflict",
  NOT_FOUND: "conflict",
  CONFLICT: "conflict",
  ABORTED: "closed",
  CLOSED: "closed",
  WORKER_LOST: "unavailable",
  PART_UNAVAILABLE: "unavailable",
  KEY_MISSING: "auth",
  KEY_WRONG: "auth",
  STORE_UNAVAILABLE: "unavailable",
  STORE_BLOCKED: "unavailable",
  STORE_TIMEOUT: "unavailable",
  STORE_SERVER_LOST: "unavailable",
  STORE_LOST: "corrupt",
  STORE_ROLLED_BACK: "corrupt",
  STORE_TORN: "corrupt",
  STORE_UNREADABLE: "corrupt",
  STORE_NEWER: "unavailable",
  BLOCK_CORRUPT: "corrupt",
  BLOCK_MISSING: "corrupt",
  BLOCK_MISPLACED: "corrupt",
  LOG_CORRUPT: "corrupt",
  MANIFEST_CORRUPT: "corrupt",
  KEYS_CORRUPT: "corrupt",
  BLOCK_UNREFERENCED: "corrupt",
  TEXT_DAMAGED: "corrupt",
  FILE_CORRUPT: "corrupt",
  FILE_MISSING: "unavailable",
  INDEX_CORRUPT: "corrupt",
  NONCANONICAL: "corrupt",
  FORMAT_TOO_NEW: "unavailable",
  FORMAT_UNKNOWN: "corrupt",
  QUOTA: "quota",
  REMOTE_UNAVAILABLE: "unavailable",
  REMOTE_TIMEOUT: "unavailable",
  REMOTE_THROTTLED: "unavailable",
  REMOTE_INTERCEPTED: "unavailable",
  REMOTE_CORS: "unavailable",
  REMOTE_AUTH: "auth",
  REMOTE_AUTH_EXPIRED: "auth",
  REMOTE_READ_ONLY: "auth",
  REMOTE_CLOCK_SKEW: "auth",
  REMOTE_QUOTA: "quota",
  REMOTE_NO_BUCKET: "invalid",
  REMOTE_UNSUPPORTED: "invalid",
  REMOTE_GAP: "unavailable",
  REMOTE_ROLLBACK: "corrupt",
  REMOTE_LOST: "corrupt",
  FORK_DETECTED: "corrupt",
  ACTOR_MISMATCH: "corrupt",
  CLOCK_AHEAD: "unavailable",
  SYNC_OFF: "invalid",
  HISTORY_GONE: "invalid",
  INTERNAL: "bug",
} as const satisfies Record<string, ErrorKind>

/** A code of the table. */
export type Code = keyof typeof codes

/** The codes whose failure does not pass by itself, though it does with others of their kind. */
export const notRetryable: readonly Code[] = [
  "NOT_UNIQUE",
  "ALREADY_EXISTS",
  "NOT_FOUND",
  "STORE_NEWER",
  "FORMAT_TOO_NEW",
]
