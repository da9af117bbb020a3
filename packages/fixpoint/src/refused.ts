/** Arguments that a call cannot use. Owns: the form of their refusal. */
import { FixpointError } from "@fixpoint/core/errors"
import type { Durability } from "./scope.ts"

/** A refused argument. */
export function refused(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `${message} Correct the argument that details.path names.`, {
    details: { path },
  })
}

/** The durability, when it is one. */
export function checkDurability(durability: unknown): Durability | undefined {
  if (durability === undefined || durability === "relaxed" || durability === "strict") return durability
  throw refused("durability", 'durability is "relaxed" or "strict".')
}
