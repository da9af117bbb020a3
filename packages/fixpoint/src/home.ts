/**
 * Where an engine lives, in a worker or in the thread of its caller. Owns: putting an engine together from what was asked for
 * and what the platform has, and its log. Must not know pages, or what carries messages.
 */
import { createEngine, deviceKeys, type KeySource, onDemand, rawKeys } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { LogHub, type LogRecordLine } from "@fixpoint/core/log"
import { type EngineServer, serveEngine } from "./engine-server.ts"
import { print } from "./log-sink.ts"
import { nowMs } from "./thread-host.ts"
import type { GatewayMakers } from "./crossing.ts"
import { parts } from "./parts.ts"
import { choosePlace } from "./place.ts"
import type { Platform } from "./platform.ts"
import type { Answer, AskPassphrase, LogChoice, OpenRequest, ToldEvent } from "./protocol.ts"

/** An engine at home. */
export interface Home {
  readonly server: EngineServer
  /** Puts other log settings in force. */
  configure(log: LogChoice): void
}

/** Whom an engine serves. */
export interface Guest {
  post(answers: readonly Answer[], given: ArrayBuffer[]): void
  readonly ask: AskPassphrase | undefined
  /** Gateways that can be made here beside those that come with us. */
  readonly gateways?: GatewayMakers
}

/** Starts an engine. Throws when the platform lacks what every engine needs. */
export function startEngine(request: OpenRequest, platform: Platform, { post, ask, gateways = {} }: Guest): Home {
  const { name, storage, durability, collections, history, recovers } = request
  const held: { log: LogChoice; refusal?: FixpointError; server?: EngineServer } = { log: request.log }
  // An engine begins to open while it is made: what is said then waits for the server.
  const early: Answer[] = []
  const tell = (answer: Answer) => {
    if (held.server === undefined) early.push(answer)
    else held.server.tell(answer)
  }
  const hub = new LogHub(nowMs, (record: LogRecordLine) => {
    if (held.log.toPage) tell({ kind: "log", record })
    else print(record, held.log.format)
  })
  hub.configure(held.log)
  const host = platform.host(name, hub)
  const announce = (refusal: FixpointError) => {
    held.refusal = refusal
    host.log("host").warn("data is kept in memory alone", { db: name, code: refusal.code })
    tell({ kind: "event", event: { event: "error", error: refusal.toJSON() } })
  }
  const { openStore, destroyStorage, sentinel } = choosePlace({ name, storage, platform, host, announce })
  const loadRemotes = onDemand("remote", parts.remote)
  const asking = askOnce(ask)
  const keys = keySourceOf(request, asking.ask)
  const engineHost = { ...host, sentinel }
  const engine = createEngine({
    name,
    host: engineHost,
    openStore,
    destroyStorage,
    keys,
    durability,
    collections,
    history,
    parts,
    recovers,
  })
  engine
    .ready()
    .finally(asking.forget)
    .catch(() => undefined)
  const server = serveEngine(engine, {
    post,
    revise: (event) => withRefusal(event, held.refusal),
    openRemote: async (sent) => (await loadRemotes()).openRemote(sent, gateways, host),
  })
  held.server = server
  for (const answer of early) server.tell(answer)
  const configure = (log: LogChoice) => {
    held.log = log
    const unknown = hub.configure(log)
    if (unknown.length > 0) host.log("log").warn("FP_DEBUG has items without a meaning", { items: [...unknown] })
  }
  configure(held.log)
  return { server, configure }
}

/** A status keeps saying why data is in memory alone. */
function withRefusal(event: ToldEvent, refusal: FixpointError | undefined): ToldEvent {
  if (refusal === undefined || event.event !== "status" || event.status.error !== undefined) return event
  return { ...event, status: { ...event.status, error: refusal.toJSON() } }
}

/** A new database needs its passphrase twice, to make its key and to prove it; the user is asked once. */
function askOnce(ask: AskPassphrase | undefined) {
  const held: { answer?: ReturnType<AskPassphrase> } = {}
  const once = () => ("answer" in held ? held.answer : (held.answer = ask?.()))
  return { ask: ask && once, forget: () => void delete held.answer }
}

function keySourceOf({ keys }: OpenRequest, ask: AskPassphrase | undefined): KeySource {
  if (keys.kind === "device") return deviceKeys()
  if (keys.kind === "raw") return rawKeys(keys.bytes)
  if (ask === undefined) throw new FixpointError("INVALID_ARGUMENT", undefined, { details: { path: "keys" } })
  const load = onDemand("passphrase", parts.passphrase)
  return {
    create: async (context) => await (await load()).passphraseKeys(ask).create(context),
    open: async (record, context) => await (await load()).passphraseKeys(ask).open(record, context),
  }
}
