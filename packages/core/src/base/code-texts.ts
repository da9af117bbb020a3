/**
 * What the codes of errors mean, in words. Owns: for each code what happened and what to do next.
 * Invariant: every code has both. Loaded on demand: an error carries its code, and gets these words when it leaves the engine.
 */
import type { Code } from "./codes.ts"

/** The words of one code. */
export interface CodeText {
  readonly meaning: string
  readonly action: string
}

/** The words of every code. */
export const codeTexts: Readonly<Record<Code, CodeText>> = {
  INVALID_ARGUMENT: {
    meaning: "A call got an argument it cannot use.",
    action: "Correct the argument that details.path names.",
  },
  INVALID_DOCUMENT: {
    meaning: "A document holds a value that cannot be stored.",
    action: "Correct the value at details.path; nothing was written.",
  },
  KEY_FORBIDDEN: {
    meaning: "A path, or a stored document, names a field __proto__, constructor or prototype.",
    action: "Use another name than the one at details.path; nothing was written.",
  },
  LIMIT_SIZE: {
    meaning: "A document, a key, an id, a transaction, or an object of a bucket is larger than its limit.",
    action: "Make it smaller than details.max.",
  },
  LIMIT_DEPTH: {
    meaning: "A value is nested deeper than the limit.",
    action: "Flatten the value at details.path.",
  },
  LIMIT_KDF: {
    meaning: "A stored key slot asks for more derivation work than the limit.",
    action: "Do not trust this key record; restore it from a backup.",
  },
  ALREADY_EXISTS: {
    meaning: "insert() met a document that exists.",
    action: "Use put() or patch(), or choose another id.",
  },
  NOT_UNIQUE: {
    meaning:
      "Another document has the same values in a unique index; details.path names the index, details.holder the document. As an event, or a finding of check(): documents of details.ids have, as they were there before the index, or several devices wrote them.",
    action: "Choose other values, or change the document that has them.",
  },
  NOT_FOUND: {
    meaning: "patch(), increment(), add() or remove() met no document.",
    action: "Create it with put() or insert(); it may have been deleted meanwhile.",
  },
  CONFLICT: {
    meaning: "A transaction or update() met concurrent changes more often than it retries.",
    action: "Try again; keep the callback short.",
  },
  ABORTED: {
    meaning: "The caller's AbortSignal ended the call.",
    action: "Nothing; a write that had begun may have been stored.",
  },
  CLOSED: {
    meaning: "The database handle is closed.",
    action: "Open the database again.",
  },
  WORKER_LOST: {
    meaning: "The worker that runs the engine ended while the call was under way.",
    action: "The worker is started again by itself; read before repeating a write, as it may have been stored.",
  },
  PART_UNAVAILABLE: {
    meaning: "A part of the database that is loaded when it is first used did not load.",
    action:
      "Try again when there is a network. If it stays so: serve the part of the same build as the worker, and precache it for use offline.",
  },
  KEY_MISSING: {
    meaning: "The database is encrypted and no key source gave its key.",
    action: "Open it with the key source that made it; the data is untouched.",
  },
  KEY_WRONG: {
    meaning: "The key given is not the key of this database.",
    action: "Give the right key or passphrase; the data is untouched.",
  },
  STORE_UNAVAILABLE: {
    meaning: "The storage of this platform cannot be opened or written.",
    action: "Check private mode and site permissions; details.reason has the platform's words.",
  },
  STORE_BLOCKED: {
    meaning: "Another tab or process holds the storage and does not let go.",
    action: "Close the other tab or process and open again.",
  },
  STORE_TIMEOUT: {
    meaning: "The storage did not answer in time.",
    action: "Try again; reload the page if it persists.",
  },
  STORE_SERVER_LOST: {
    meaning: "The browser lost its storage process.",
    action: "Reload the page; acknowledged writes are safe.",
  },
  STORE_LOST: {
    meaning: "Data existed here and the platform gave back an empty storage.",
    action: "Restore from a bucket or a backup, or call destroy() to start anew.",
  },
  STORE_ROLLED_BACK: {
    meaning: "The storage came back shorter than it was; the newest writes of this device are gone.",
    action: "What is left is readable; restore the rest from a bucket or a backup.",
  },
  STORE_TORN: {
    meaning: "Part of the storage is missing: its records do not form a whole.",
    action: "Run check(); restore from a bucket or a backup.",
  },
  STORE_UNREADABLE: {
    meaning: "The platform reports its own storage as damaged and does not read it.",
    action: "Restore from a bucket or a backup; destroy() removes the damaged storage.",
  },
  STORE_NEWER: {
    meaning: "The storage was written by a newer version of Fixpoint.",
    action: "Update the application; nothing was written.",
  },
  BLOCK_CORRUPT: {
    meaning: "A stored block is damaged: its authentication failed.",
    action: "Run check(); other data stays readable; restore the block from a bucket or a backup.",
  },
  BLOCK_MISSING: {
    meaning: "A block that the manifest names is not in the storage.",
    action: "Run check(); restore from a bucket or a backup.",
  },
  LOG_CORRUPT: {
    meaning: "A record of the write-ahead log is damaged: its authentication failed.",
    action: "Run check(); restore from a bucket or a backup.",
  },
  MANIFEST_CORRUPT: {
    meaning: "The manifest is damaged: its authentication or its form failed.",
    action: "Run check(); restore from a bucket or a backup.",
  },
  KEYS_CORRUPT: {
    meaning: "The record of key slots is damaged: its checksum failed.",
    action: "Restore the key record or the database from a backup; the data is untouched.",
  },
  BLOCK_MISPLACED: {
    meaning: "An object of the bucket lies under another name than it was written for.",
    action: "The object is ignored; find out who changed the bucket.",
  },
  BLOCK_UNREFERENCED: {
    meaning: "check() found a segment that no manifest names; it holds nothing that is needed.",
    action: "Nothing: the next compaction removes it.",
  },
  TEXT_DAMAGED: {
    meaning: "A part of a collaborative text cannot be read. It is left out; the rest of the text is shown.",
    action:
      "Nothing, if details.actor is another device that was updated since; else restore the document from its history.",
  },
  FILE_CORRUPT: {
    meaning: "A chunk of a file is not what was stored.",
    action: "Sync with a bucket that has the file, which heals it; else put the file again.",
  },
  FILE_MISSING: {
    meaning: "A chunk of a file is not on this device, and no bucket that is attached has it.",
    action: "Attach the bucket, or wait until the device that put the file has synced.",
  },
  INDEX_CORRUPT: {
    meaning: "check() found an index that does not have the entries of its documents.",
    action: "Nothing: it is built anew, and queries do without it until then; no document is damaged by it.",
  },
  NONCANONICAL: {
    meaning: "Stored control data is not in its one canonical form.",
    action: "Treat its source as damaged or hostile; restore from a backup.",
  },
  FORMAT_TOO_NEW: {
    meaning: "Stored bytes carry a format version this code does not know.",
    action: "Update the application; nothing was written.",
  },
  FORMAT_UNKNOWN: {
    meaning: "Stored bytes are not of any Fixpoint format.",
    action: "Check that the storage belongs to Fixpoint; restore from a backup.",
  },
  QUOTA: {
    meaning: "The storage quota or the disk is full; the write was not stored.",
    action: "Free space or delete data, then repeat the write; reading and deleting still work.",
  },
  REMOTE_UNAVAILABLE: {
    meaning: "The bucket cannot be reached, or its server failed.",
    action: "Nothing: it is tried again, and nothing is lost; check the network if it persists.",
  },
  REMOTE_TIMEOUT: {
    meaning: "The bucket did not answer in time.",
    action: "Nothing: it is tried again; a write may have arrived, and writing it again does no harm.",
  },
  REMOTE_THROTTLED: {
    meaning: "The bucket asks for fewer requests.",
    action: "Nothing: it is tried again later; details.retryAfterMs is the server's wish.",
  },
  REMOTE_INTERCEPTED: {
    meaning:
      "Something between here and the bucket answered in its place, as the sign-in page of a public network does.",
    action: "Sign in to the network, or check the proxy; nothing was taken from that answer.",
  },
  REMOTE_CORS: {
    meaning: "The server is there, but the browser does not let this page read its answers.",
    action: "Set the CORS rules of the bucket for this origin; wrong credentials can show like this too.",
  },
  REMOTE_AUTH: {
    meaning: "The bucket refused the credentials.",
    action: "Give credentials that may list, read and write; unsent changes are kept.",
  },
  REMOTE_AUTH_EXPIRED: {
    meaning: "The credentials of the bucket have expired, and no newer ones were given.",
    action: "Sign in again, or let credentials() give fresh ones; unsent changes are kept.",
  },
  REMOTE_READ_ONLY: {
    meaning: "The credentials of the bucket may read and not write.",
    action: "Give credentials that may write; unsent changes are kept.",
  },
  REMOTE_CLOCK_SKEW: {
    meaning: "The bucket refused a request because of this device's clock, and its own time could not be learnt.",
    action: "Set the clock of the device, or let the bucket's CORS rules expose the Date header.",
  },
  REMOTE_QUOTA: {
    meaning: "The bucket is full.",
    action: "Make room in the bucket, or raise its quota; reading goes on, unsent changes are kept.",
  },
  REMOTE_NO_BUCKET: {
    meaning: "There is no such bucket at this address.",
    action: "Check endpoint, region and bucket name; details.reason has the server's word.",
  },
  REMOTE_UNSUPPORTED: {
    meaning: "The server cannot do what was asked of it.",
    action: "Use another server, or let probe() find out what this one can do; details.reason has the server's word.",
  },
  REMOTE_GAP: {
    meaning: "Other devices have seen writes that cannot be found in the bucket, or its log has lost an entry.",
    action:
      "Nothing yet: it may be on its way; if it lasts, open a device that was here before, and it restores it. Where none is left, link.adopt() goes on with what is there.",
  },
  REMOTE_ROLLBACK: {
    meaning: "The bucket has lost objects that were there: it was restored from a backup, or someone deleted them.",
    action: "Nothing: a device that has everything puts it back; find out who changed the bucket.",
  },
  REMOTE_LOST: {
    meaning: "The bucket holds another database than the one this device knows under its name and key.",
    action:
      "Check bucket and prefix: nothing was changed here or there. If the bucket was emptied and begun anew by another device, link.adopt() takes what is there and puts all of this device beside it; so does attaching another, empty place on every device.",
  },
  FORK_DETECTED: {
    meaning:
      "One device's history exists in two versions: a copy of it was in use, or the bucket shows different devices different content.",
    action: "If no profile was copied or restored, do not trust the bucket; the devices go on by themselves.",
  },
  ACTOR_MISMATCH: {
    meaning: "An object of the bucket is not signed by the device that it claims to come from.",
    action: "The object is ignored; find out who can write to the bucket and has the key.",
  },
  CLOCK_AHEAD: {
    meaning: "Writes of another device are dated more than a day ahead.",
    action: "Set that device's clock; its writes are kept, and shown when their time has come.",
  },
  SYNC_OFF: {
    meaning: "The database is attached to no bucket, or the link was detached.",
    action: "Attach it first: the option sync, or db.attach().",
  },
  HISTORY_GONE: {
    meaning: "A moment is older than what is kept of the past; details.since is the first one that is known.",
    action: "Ask for a later moment; the option history says how long the past is kept from here on.",
  },
  INTERNAL: {
    meaning: "An invariant of Fixpoint does not hold.",
    action: "Report it with the message and details; stored data was not touched.",
  },
}
