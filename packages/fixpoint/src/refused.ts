/** Arguments that a call cannot use. Owns: the form of their refusal. */
import type { Gateway, GatewayDescription } from "@fixpoint/core"
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

/** Stops the caller unless it is a gateway, or describes one. */
export function checkGateway(gateway: unknown): void {
  const { name, description, get } = (gateway ?? {}) as Partial<Gateway>
  const { kind, settings } = (description ?? {}) as Partial<GatewayDescription>
  const isDescribed = typeof kind === "string" && typeof settings === "object" && settings !== null
  if (typeof name === "string" && (typeof get === "function" || isDescribed)) return
  throw refused("sync", "A bucket is s3(), http(), or the like.")
}
