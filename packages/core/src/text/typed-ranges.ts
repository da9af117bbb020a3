/**
 * What was typed in a loaded text by pages of this engine, to be taken back. Owns: which parts of the Yjs document each batch
 * brought and took away, and their turning round.
 * It is Yjs's own undo: what others wrote stays, and what others have deleted since is not taken away again. Of that undo one
 * item is turned at a time, whichever it is; the others tell it what this engine has deleted itself.
 * Invariant: what an item took away keeps its content as long as the ranges are there. Must not know storage or steps.
 */
import * as Y from "yjs"
import type { RootType } from "./text-type.ts"

/** What one batch brought and took away. */
export type TypedRange = Y.UndoManager["undoStack"][number]

/** The ranges of one document. */
export class TypedRanges {
  readonly #manager: Y.UndoManager
  readonly #names = new Set<unknown>()
  readonly #fresh: TypedRange[] = []

  constructor(root: RootType, before?: TypedRanges) {
    this.#manager = new Y.UndoManager(root, { captureTimeout: 0, trackedOrigins: new Set() })
    if (before !== undefined) {
      this.#manager.undoStack = before.#manager.undoStack
      this.#fresh = before.#fresh
      for (const name of before.#names) this.watch(name)
    }
    this.#manager.on("stack-item-added", ({ stackItem, type }) => {
      if (type === "undo") this.#fresh.push(stackItem)
    })
  }

  /** Takes down what is written under a name from here on. */
  watch(name: unknown): void {
    this.#names.add(name)
    this.#manager.addTrackedOrigin(name)
  }

  /** What was taken down since this was asked last. */
  taken(): TypedRange[] {
    return this.#fresh.splice(0)
  }

  /** What is written under a name by a piece of work; it is not among what is `taken`. */
  captured(name: unknown, work: () => void): TypedRange[] {
    this.watch(name)
    const before = this.#fresh.length
    work()
    return this.#fresh.splice(before)
  }

  /** Takes a range back; gives the one that does it again, or undefined when nothing is left of it. */
  turn(range: TypedRange): TypedRange | undefined {
    const manager = this.#manager
    if (!manager.undoStack.includes(range)) return undefined
    manager.redoStack = manager.undoStack.filter((one) => one !== range)
    manager.undoStack = [range]
    let isTurned = false
    try {
      isTurned = manager.undo() !== null
    } finally {
      manager.undoStack = manager.redoStack
      manager.redoStack = []
    }
    return isTurned ? manager.undoStack.at(-1) : undefined
  }

  /** Keeps nothing any more of what was taken away. */
  end(): undefined {
    const { store } = this.#manager.doc
    this.#manager.destroy()
    for (const structs of store.clients.values()) for (const one of structs) if (one instanceof Y.Item) one.keep = false
    Y.tryGc(Y.createDeleteSetFromStructStore(store), store, () => true)
  }
}

/** Takes away from a document what another one does not have; gives whether that was nothing. */
export function leaveOnly(root: RootType, fresh: Y.Doc): boolean {
  const doc = root.doc as Y.Doc
  const wanted = clocksOf(fresh)
  const insertions = Y.createDeleteSet()
  for (const [client, end] of clocksOf(doc)) {
    const clock = wanted.get(client) ?? 0
    if (clock < end) insertions.clients.set(client, [{ clock, len: end - clock }])
  }
  if (insertions.clients.size === 0) return true
  const manager = new Y.UndoManager(root, { trackedOrigins: new Set() })
  manager.undoStack = [{ insertions, deletions: Y.createDeleteSet(), meta: new Map() }]
  manager.undo()
  manager.destroy()
  return false
}

const clocksOf = (doc: Y.Doc): ReadonlyMap<number, number> => Y.decodeStateVector(Y.encodeStateVector(doc))
