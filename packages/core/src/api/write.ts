/** Writes as they cross. Owns: each kind of write, writes that come in parts, and what a commit gives back. */
import type { Json } from "../base/json.ts"

/** One write. Values are encoded JSON (codec/value.ts), paths are dotted. */
export type WriteOp =
  | { readonly op: "put" | "insert"; readonly collection: string; readonly id: string; readonly text: string }
  /** Stores only if the document's version is still `version` (undefined: only if it is absent). */
  | {
      readonly op: "replace"
      readonly collection: string
      readonly id: string
      readonly text: string
      readonly version: string | undefined
    }
  | {
      readonly op: "patch"
      readonly collection: string
      readonly id: string
      readonly entries: readonly (readonly [path: string, value: Json | undefined])[]
    }
  | {
      readonly op: "increment"
      readonly collection: string
      readonly id: string
      readonly path: string
      readonly by: number
    }
  | {
      readonly op: "add" | "remove"
      readonly collection: string
      readonly id: string
      readonly path: string
      readonly element: Json
    }
  | { readonly op: "delete"; readonly collection: string; readonly id: string }

/** Writes on their way in parts, each of which is checked as it comes. Whoever writes them is told of what was refused. */
export interface StagedWrites {
  add(ops: readonly WriteOp[]): void
}

/** What a write gives: the ids it touched, in order, and the stamp of its commit. */
export interface Receipt {
  readonly ids: readonly string[]
  readonly stamp: string
}
