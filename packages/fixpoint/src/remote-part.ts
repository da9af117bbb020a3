/**
 * Remotes of engines: gateways as they came from the page, made usable. Owns: the way back from what crossed (crossing.ts), and
 * the wrappers that every gateway gets. Loaded with the first remote.
 * Invariant: a failure of a bucket that may pass is tried again, within a budget; every call is counted.
 * Must not know databases.
 */
import type { Gateway, Host, Remote } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { openDescribed } from "@fixpoint/gateways/open"
import { breaker, createMeter, dollarsOf, limited, metered, retry } from "@fixpoint/gateways/wrap"
import type { GatewayMakers, SentRemote, Verb } from "./crossing.ts"
import { callsThrough } from "./port-calls.ts"

/** A bucket is asked for so much at once. */
const callsMax = 6

/** The remote of what a page has sent. */
export function openRemote(sent: SentRemote, makers: GatewayMakers, host: Host): Remote {
  const meter = createMeter()
  const gateway = limited(breaker(retry(metered(openGateway(sent, makers), meter), host), host), callsMax)
  return {
    gateway,
    usage: () => ({ requests: { ...meter.requests }, bytes: { ...meter.bytes }, cost: dollarsOf(meter) }),
  }
}

function openGateway(sent: SentRemote, makers: GatewayMakers): Gateway {
  if ("get" in sent) return sent
  if ("port" in sent) return gatewayOver(sent)
  const { kind } = sent
  const settings = Object.fromEntries(
    Object.entries(sent.settings).map(([name, value]) => [
      name,
      value instanceof MessagePort ? callsThrough(value) : value,
    ]),
  )
  const gateway = makers[kind]?.(settings) ?? openDescribed({ kind, settings })
  if (gateway !== undefined) return gateway
  throw new FixpointError("INVALID_ARGUMENT", `There is no gateway of kind ${kind} in this worker.`, {
    details: { path: "gateway", kind },
  })
}

/** A gateway whose calls are made on the page. */
function gatewayOver({ name, port }: Extract<SentRemote, { port: MessagePort }>): Gateway {
  const through = callsThrough(port)
  const call = async (verb: Verb, ...args: readonly unknown[]): Promise<never> =>
    (await through(verb, ...args.map(withoutSignal))) as never
  return {
    name,
    capabilities: () => call("capabilities"),
    get: (key, options) => call("get", key, options),
    put: (key, body, options) => call("put", key, body, options),
    list: (prefix, options) => call("list", prefix, options),
    delete: (key) => call("delete", key),
  }
}

/** A signal stays where it is; the call is not waited for once it fires. */
function withoutSignal(arg: unknown): unknown {
  if (typeof arg !== "object" || arg === null || arg instanceof Uint8Array) return arg
  const { signal: _, ...rest } = arg as { readonly signal?: unknown }
  return rest
}
