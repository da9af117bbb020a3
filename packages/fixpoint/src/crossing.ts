/**
 * Gateways on their way from a page to the thread of its engine. Owns: the forms in which they cross.
 * - In one thread a gateway is handed over as it is.
 * - One that describes itself crosses as data, and is made there; functions among its settings, such as `credentials`, stay on
 *   the page and are called through a port each.
 * - Any other one stays on the page as a whole, and is called through a port.
 * Must not know what gateways do.
 */
import type { Gateway, GatewayDescription } from "@fixpoint/core"
import { answerCalls } from "./port-calls.ts"

/** A verb of a gateway. */
export type Verb = Exclude<keyof Gateway, "name" | "description">

/** What an application attaches: a gateway, or what describes one that its worker can make. */
export type Attachable = Gateway | { readonly name: string; readonly description: GatewayDescription }

/** A gateway as it arrives. Where it is described, settings that were functions are MessagePorts. */
export type SentRemote = Gateway | (GatewayDescription & { readonly name: string }) | SentGateway

interface SentGateway {
  readonly name: string
  readonly port: MessagePort
}

/** Gateways that a worker of the application can make, by kind. */
export type GatewayMakers = Readonly<Record<string, (settings: Readonly<Record<string, unknown>>) => Gateway>>

/** What crosses of a gateway; its ports are added to `ports`, to be transferred with it. */
export function crossing(gateway: Attachable, ports: Transferable[]): SentRemote {
  const exposed = (run: (...args: never[]) => unknown): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    answerCalls(port1, run)
    ports.push(port2)
    return port2
  }
  const { name, description } = gateway
  if (description !== undefined) {
    const settings = Object.entries(description.settings).map(([setting, value]) => [
      setting,
      typeof value === "function" ? exposed(value as () => unknown) : value,
    ])
    return { kind: description.kind, name, settings: Object.fromEntries(settings) as Record<string, unknown> }
  }
  const call = (verb: Verb, ...args: readonly unknown[]): unknown =>
    Reflect.apply((gateway as Gateway)[verb], gateway, args)
  return { name, port: exposed(call) }
}
