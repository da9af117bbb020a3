/** Remotes and attached engines under test. Owns: how they are put together, and their counts. */
import type { Engine, EngineEvent, Gateway, Remote, RemoteLink, SyncStatus } from "@fixpoint/core"
import type { FixpointError } from "@fixpoint/core/errors"
import { memory, type MemoryBucket } from "@fixpoint/gateways/memory"

/** A remote that counts, and fails as long as `fail` gives an error. */
export function remoteOf(bucket: MemoryBucket, fail?: () => FixpointError | undefined): Remote {
  const inner = memory(bucket)
  const requests = { get: 0, put: 0, list: 0, delete: 0 }
  const counted = <V extends keyof typeof requests>(verb: V, call: () => Promise<unknown>): Promise<never> => {
    requests[verb]++
    const error = fail?.()
    return (error === undefined ? call() : Promise.reject(error)) as Promise<never>
  }
  const gateway: Gateway = {
    ...inner,
    get: (...args) => counted("get", () => inner.get(...args)),
    put: (...args) => counted("put", () => inner.put(...args)),
    list: (...args) => counted("list", () => inner.list(...args)),
    delete: (...args) => counted("delete", () => inner.delete(...args)),
  }
  return { gateway, usage: () => ({ requests: { ...requests }, bytes: { in: 0, out: 0 }, cost: 0 }) }
}

/** An engine with one link, and what it told. */
export interface Attached {
  readonly engine: Engine
  readonly link: RemoteLink
  readonly statuses: SyncStatus[]
  readonly events: EngineEvent[]
}

/** Attaches an engine to a remote. */
export async function attach(engine: Engine, remote: Remote): Promise<Attached> {
  const statuses: SyncStatus[] = []
  const events: EngineEvent[] = []
  engine.on((event) => void events.push(event))
  const link = (await engine.sync()).attach(remote, (status) => void statuses.push(status))
  return { engine, link, statuses, events }
}

/** Stores a document. */
export const put = (engine: Engine, id: string, document: object) =>
  engine.write([{ op: "put", collection: "docs", id, text: JSON.stringify(document) }])

/** The text of a document. */
export const textOf = async (engine: Engine, id: string) => (await engine.get("docs", [id]))[0]?.text
