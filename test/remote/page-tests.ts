/** A bucket as a page sees it: the verbs over origins, and what a page can tell of a call that its browser does not let it see. */
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openBucketServer } from "@fixpoint/cli/server"
import { memory } from "@fixpoint/gateways/memory"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { FaultProxy } from "../harness/fault-proxy.ts"
import { type Browser, find, launch } from "../harness/launch.ts"
import { administer, freePorts } from "../harness/object-store.ts"
import type { Radosgw } from "../harness/radosgw.ts"
import { Site } from "../harness/site.ts"
import type { BucketPlace, PageCommands } from "./page/bucket-page.ts"

const tour = [
  "stored,exists,notModified,stored,notFound",
  true,
  true,
  true,
  "10,11,12,13,14,15,16,17,18,19",
  "p/a 70000 | p/b 0",
]
const strong = { createIfAbsent: true, strongList: true, serverTime: true, copies: true }

/** Registers the tests on a server that has started when they run. */
export function describePage(server: () => Radosgw, bucket: string): void {
  describe.skipIf(!find("chromium"))("a page in Chromium", () => {
    const held: { site?: Site<PageCommands>; browser?: Browser; profile?: string } = {}
    const page = () => held.site!.tab("bucket")
    beforeAll(async () => {
      held.site = await Site.open<PageCommands>(join(import.meta.dirname, "page"))
      held.profile = await mkdtemp(join(tmpdir(), "fixpoint-bucket-page-"))
      const opened = page().opened()
      held.browser = await launch("chromium", held.profile, held.site.url("bucket"))
      await opened
    }, 60_000)
    afterAll(async () => {
      await held.browser?.crash()
      await held.site?.close()
      if (held.profile !== undefined) await rm(held.profile, { recursive: true, force: true, maxRetries: 10 })
    })
    const place = (name: string, more: object = {}): BucketPlace => {
      const { endpoint, keys } = server()
      const settings = { endpoint, bucket: name, prefix: `test/${randomUUID()}`, credentials: keys, ...more }
      return { kind: "s3", settings }
    }

    test("every verb works on a bucket that has its rules", async () => {
      expect(await page().call("tour", place(bucket))).toEqual(tour)
      expect(await page().call("capabilities", place(bucket))).toEqual(strong)
    })

    test("the bucket's name in the host", async () => {
      const endpoint = server().endpoint.replace("127.0.0.1", "localhost")
      expect(await page().call("tour", place(bucket, { endpoint, forcePathStyle: false }))).toEqual(tour)
    })

    test("reading takes one request each, as the browser need not ask first", async () => {
      const proxy = await FaultProxy.start(server().endpoint)
      try {
        const asked: string[] = []
        proxy.plan = ({ method = "" }) => void asked.push(method)
        const there = place(bucket, { endpoint: proxy.url })
        for (let n = 0; n < 5; n++) expect(await page().call("codeOfGet", there)).toBe("notFound")
        expect(asked).toEqual(Array.from({ length: 5 }, () => "GET"))
      } finally {
        await proxy.stop()
      }
    })

    test("fixpoint serve works too", async () => {
      const opened = await openBucketServer({ bucket: memory() })
      try {
        const there: BucketPlace = { kind: "http", settings: { url: opened.url } }
        expect(await page().call("tour", there)).toEqual(tour)
        expect(await page().call("capabilities", there)).toEqual(strong)
      } finally {
        await opened.close()
      }
    })

    test("a bucket without rules is told from a server that is not there", async () => {
      const bare = `fixpoint-${randomUUID()}`
      await administer(server().endpoint, server().keys, { method: "PUT", path: `/${bare}` })
      expect(await page().call("codeOfGet", place(bare))).toBe("REMOTE_CORS")
      const [port = 0] = await freePorts(1)
      expect(await page().call("codeOfGet", place(bare, { endpoint: `http://127.0.0.1:${port}` }))).toBe(
        "REMOTE_UNAVAILABLE",
      )
    })

    test("what is refused without the headers that let a page see it", async () => {
      const credentials = { ...server().keys, secretAccessKey: "wrong" }
      expect(await page().call("codeOfGet", place(bucket, { credentials }))).toMatch(/^REMOTE_(CORS|AUTH)$/)
    })
  })
}
