/**
 * A gateway around a gateway. Owns: which calls a gateway has.
 */
import type { Gateway } from "@fixpoint/core"
import { type AroundCall, type NamedCall, wrapCalls } from "./wrapped-calls.ts"

/** The verbs of a gateway. */
export type Verb = keyof typeof verbs

/** A call of a gateway. */
export type GatewayCall = NamedCall<Verb>

const verbs = { capabilities: 0, get: 0, put: 0, list: 0, delete: 0 } as const satisfies Record<
  Exclude<keyof Gateway, "name" | "description">,
  0
>

/** A gateway whose every call goes through `around`. */
export function wrapGateway(gateway: Gateway, around: AroundCall<Verb>): Gateway {
  return { name: gateway.name, ...wrapCalls(gateway, verbs, around) } as Gateway
}
