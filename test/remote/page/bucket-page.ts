/** The page that calls buckets of other origins: each command opens a gateway, uses it, and tells what came of it. */
import type { Gateway } from "@fixpoint/core"
import { http } from "@fixpoint/gateways/http"
import { s3 } from "@fixpoint/gateways/s3"
import { type Commands, serveCommands } from "../../e2e/page/command-loop.ts"

/** Where a bucket is, as data. */
export type BucketPlace =
  | { readonly kind: "s3"; readonly settings: Parameters<typeof s3>[0] }
  | { readonly kind: "http"; readonly settings: Parameters<typeof http>[0] }

const open = (place: BucketPlace): Gateway => (place.kind === "s3" ? s3(place.settings) : http(place.settings))

const commands = {
  /** What every verb gives, in a form that is JSON. */
  async tour(place: BucketPlace): Promise<readonly unknown[]> {
    const gateway = open(place)
    const body = new Uint8Array(70_000).map((_, i) => i)
    const created = await gateway.put("p/a", body, { ifAbsent: true })
    const again = await gateway.put("p/a", new Uint8Array(1), { ifAbsent: true })
    const found = await gateway.get("p/a")
    if (found.kind !== "found") return [created.kind, again.kind, found.kind]
    const isSame = found.body.length === body.length && found.body.every((byte, i) => byte === body[i])
    const same = await gateway.get("p/a", { ifNoneMatch: found.etag })
    const part = await gateway.get("p/a", { range: [10, 20] })
    const empty = await gateway.put("p/b", new Uint8Array())
    const { keys, next } = await gateway.list("p/", { limit: 1 })
    const rest = await gateway.list("p/", { after: next })
    await gateway.delete("p/a")
    await gateway.delete("p/b")
    const gone = await gateway.get("p/a")
    const tagged = created.kind === "stored" && created.etag !== "" && created.etag === found.etag
    const lists = [keys, rest.keys].map((listed) => listed.map(({ key, size }) => `${key} ${size}`).join())
    const partBytes = part.kind === "found" ? [...part.body].join() : part.kind
    const kinds = [created.kind, again.kind, same.kind, empty.kind, gone.kind]
    return [kinds.join(), isSame, tagged, found.serverTimeMs !== undefined, partBytes, lists.join(" | ")]
  },
  async capabilities(place: BucketPlace) {
    return await open(place).capabilities()
  },
  /** The code of a failure, or the kind of an answer. */
  async codeOfGet(place: BucketPlace): Promise<string> {
    return await open(place)
      .get("a")
      .then(
        ({ kind }) => kind,
        (error: { code: string }) => error.code,
      )
  },
} satisfies Commands

/** What tests may call. */
export type PageCommands = typeof commands

void serveCommands(commands)
