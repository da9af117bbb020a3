/** Where the key of a database comes from, as an application chooses it. Owns: the choices and their check. */
import type { AskPassphrase, KeyRequest } from "./protocol.ts"
import { refused } from "./refused.ts"

/** A choice of key. */
export interface Keys {
  readonly request: KeyRequest
  readonly ask?: AskPassphrase
}

const rawBytes = 32

/** The ways to unlock a database. */
export const keys = {
  /** A key that this device keeps; nobody is asked. */
  device: (): Keys => ({ request: { kind: "device" } }),
  /** A key derived from a passphrase, which is asked for when the database is opened. */
  passphrase(ask: AskPassphrase): Keys {
    if (typeof ask !== "function") throw refused("keys", "passphrase takes a function that gives it.")
    return { request: { kind: "passphrase" }, ask }
  },
  /** A key of 32 bytes that the application keeps. */
  raw(bytes: Uint8Array): Keys {
    if (!(bytes instanceof Uint8Array) || bytes.length !== rawBytes) throw refused("keys", "raw takes 32 bytes.")
    return { request: { kind: "raw", bytes: bytes.slice() } }
  },
} as const
