/** Undo as the page asks for it. Owns: the stacks of one engine, by the number that the page gave each. */
import type { UndoOptions } from "../api/undo.ts"
import { FixpointError } from "../base/errors.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Door, PartContext } from "../db/doors.ts"
import type { ChangedRow } from "../db/record.ts"
import { textPathsOf } from "../db/text-watch.ts"
import { UndoStack } from "./undo-stack.ts"

/** Verbs: open(stack, { groupMs }), undo(stack), redo(stack), state(stack), clear(stack), close(stack). */
export function openUndo({ host, ledger, writer, specs, look }: PartContext): Door {
  const stacks = new Map<number, UndoStack>()
  const parts = {
    actors: ledger,
    specs,
    self: () => writer.self,
    monotonicMs: () => host.clock.monotonic(),
    run: writer.run.bind(writer),
    onReversed(rows: readonly ChangedRow[]) {
      const withTexts = rows.filter(
        ({ collection, after }) => rowView(after) !== undefined && textPathsOf(specs.get(collection)).length > 0,
      )
      if (withTexts.length > 0) look(withTexts.map(({ collection, id }) => [collection, id]))
    },
  }
  return {
    get isIdle() {
      return stacks.size === 0
    },
    async call(verb, [stack, options]) {
      if (typeof stack !== "number") throw refused("stack")
      if (verb === "open") return void stacks.set(stack, new UndoStack(parts, optionsOf(options)))
      const own = stacks.get(stack)
      if (verb === "close") {
        own?.clear()
        return void stacks.delete(stack)
      }
      if (own === undefined) throw new FixpointError("CLOSED", "The undo stack is closed.")
      if (verb === "undo" || verb === "redo" || verb === "state" || verb === "clear") return await own[verb]()
      throw refused("verb")
    },
    committed(commits) {
      for (const rows of commits) for (const stack of stacks.values()) stack.record(rows)
    },
    mayName(cid) {
      return [...stacks.values()].some((stack) => stack.mayName(cid))
    },
    typed(typing) {
      for (const stack of stacks.values()) stack.recordTyping(typing)
    },
  }
}

function optionsOf(options: unknown): UndoOptions {
  const { groupMs } = (options ?? {}) as { readonly groupMs?: unknown }
  if (groupMs === undefined) return {}
  if (typeof groupMs === "number" && groupMs >= 0) return { groupMs }
  throw refused("groupMs")
}

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `Undo was asked without a valid ${path}.`, { details: { path } })
}
