/**
 * Decoders of what applications, tabs and servers send. Owns: how each is reached.
 */
import type { IndexSpec } from "../../packages/core/src/api/index-spec.ts"
import type { QuerySpec } from "../../packages/core/src/api/query.ts"
import { utf8Encode } from "../../packages/core/src/base/bytes.ts"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import { parseDocumentText } from "../../packages/core/src/codec/document.ts"
import { formatPath, splitPath } from "../../packages/core/src/codec/path.ts"
import { compareValues } from "../../packages/core/src/codec/order.ts"
import { sortKey } from "../../packages/core/src/codec/sort-key.ts"
import { decodeDocument, encodeDocument } from "../../packages/core/src/codec/value.ts"
import { admitOps } from "../../packages/core/src/db/admit.ts"
import { checkIndex } from "../../packages/core/src/query/index-check.ts"
import { compileIndex } from "../../packages/core/src/query/index-definition.ts"
import { planForm } from "../../packages/core/src/query/plan-form.ts"
import { applyGuarded } from "../../packages/core/src/text/guarded-update.ts"
import { admitMessage } from "../../packages/fixpoint/src/admit-message.ts"
import { specOf } from "../../packages/fixpoint/src/where.ts"
import { refusalOf, refused } from "../../packages/gateways/src/s3-answer.ts"
import { parseXml } from "../../packages/gateways/src/xml.ts"
import * as Y from "yjs"
import type { Input, Target } from "./fuzz.ts"
import type { Tree } from "./mutation.ts"
import golden from "../golden/forms.json" with { type: "json" }

const jsonTree: NonNullable<Target["tree"]> = {
  parse: (input) => JSON.parse(input as string) as unknown,
  format: (tree) => JSON.stringify(tree),
  bytes: false,
}

/** For what crosses as values: text that is no JSON stands for none. */
const valueOf = (input: Input): Tree => {
  try {
    return JSON.parse(input as string)
  } catch {
    return undefined
  }
}

const documents: readonly JsonObject[] = [
  {},
  { a: 1, b: "x", c: [1, "x", null], d: { e: 5, f: { $: ["d", 7] } }, n: { $: ["n", "12345678901234567890"] } },
  { a: null, b: { $: ["b", "AP8="] }, c: [], d: [] },
]

const document: Target = {
  name: "document",
  samples: () => [golden.document, '{"a":[1,{"b":{"$":["d",0]}}],"$$x":{"$":["b",""]}}'],
  weight: 1,
  tree: jsonTree,
  run(input) {
    parseDocumentText(input as string)
    const { _id, ...fields } = decodeDocument<JsonObject>("id", input as string)
    parseDocumentText(encodeDocument(fields).text)
    return typeof _id
  },
}

const at = { collection: "docs", id: "a" }
const writes: Target = {
  name: "writes",
  samples: () =>
    [
      [{ op: "put", ...at, text: '{"a":1}' }],
      [{ op: "replace", ...at, text: "{}", version: "03g9230rnrp-0123456789abcdef" }],
      [
        { op: "patch", ...at, entries: [["a.b", 1], ["c"]] },
        { op: "increment", ...at, path: "n", by: 2.5 },
        { op: "add", ...at, path: "tags", element: { $: ["d", 5] } },
        { op: "delete", ...at },
      ],
    ].map((ops) => JSON.stringify(ops)),
  weight: 1,
  tree: jsonTree,
  run: (input) => String(admitOps(valueOf(input)).length),
}

/** Runs a query over a few documents. */
function runQuery(spec: QuerySpec): string {
  const plan = planForm(spec)
  const found = documents.flatMap((fields, i) => plan.match(String(i), JSON.stringify(fields), () => fields) ?? [])
  found.sort(plan.ordering.compare)
  return String(found.length)
}

const description = (over: object) => ({ collection: "docs", where: [], order: [], ...over })
const queries: Target = {
  name: "query as it was written",
  samples: () =>
    [
      description({ where: [{ a: 1, "d.e": { gt: 2, not: { in: [7, "x"] } } }], order: ["-a", "b"], limit: 5 }),
      description({
        where: [{ or: [{ c: { has: "x" } }, { and: [{ b: { startsWith: "x" } }, { z: { exists: false } }] }] }],
      }),
      description({ where: [{ n: { between: [{ $: 1 }, 5] } }], select: ["a", "d.e"] }),
      description({ aggregate: { of: "sum", path: "a", by: "c[]" } }),
    ].map((one) => JSON.stringify(one)),
  weight: 1,
  tree: jsonTree,
  run(input) {
    const given = Object(valueOf(input)) as Parameters<typeof specOf>[0]
    const select = given.select === undefined ? undefined : textsOf(given.select)
    const lists = { where: listOf(given.where), order: textsOf(given.order), select }
    const { of, path, by } = Object(given.aggregate) as NonNullable<typeof given.aggregate>
    return runQuery(specOf({ ...given, ...lists, aggregate: given.aggregate && { of, path, by } }))
  },
}

/** What the page itself puts together is a list; what stands in it is the application's. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textsOf = (value: unknown) => listOf(value) as readonly string[]

const field = (path: string, operator: string, operand: Json) => ({
  kind: "field",
  condition: { path, operator, operand },
})
const spec = (over: object) => ({
  collection: "docs",
  filter: field("a", "gte", 1),
  order: [{ path: "b", descending: true }],
  ...over,
})
const messages: Target = {
  name: "message to an engine",
  samples: () =>
    [
      { method: "query", args: [spec({ limit: 3, page: { size: 2 } })] },
      {
        method: "explain",
        args: [spec({ filter: { kind: "or", filters: [{ kind: "not", filter: field("c", "hasAll", [1]) }] } })],
      },
      { method: "watch", args: [1, spec({ aggregate: { of: "avg", path: "a", by: "b" } })] },
      { method: "get", args: ["docs", ["a", "b"]] },
      { method: "write", args: [[{ op: "delete", ...at }], "strict", {}] },
      {
        method: "declare",
        args: [
          {
            docs: {
              fields: { n: "counter" },
              indexes: [
                {
                  name: "i",
                  parts: [
                    { path: "c", descending: true, multi: true },
                    { path: "d.e", descending: false, multi: false },
                  ],
                  unique: true,
                  where: field("a", "in", [1, null]),
                },
              ],
            },
          },
        ],
      },
    ].map((message) => JSON.stringify(message)),
  weight: 1,
  tree: jsonTree,
  run(input) {
    const { method, args } = admitMessage(valueOf(input))
    if (method === "query" || method === "explain") runQuery(args[0] as QuerySpec)
    if (method === "watch") runQuery(args[1] as QuerySpec)
    if (method === "write") admitOps(args[0])
    if (method === "declare")
      for (const { indexes = [] } of Object.values(
        args[0] as Record<string, { readonly indexes?: readonly IndexSpec[] }>,
      ))
        for (const index of indexes) {
          const compiled = compileIndex(checkIndex(index))
          for (const [i, fields] of documents.entries()) compiled.entriesOf(fields, String(i))
        }
    return method
  },
}

const xml: Target = {
  name: "XML of a server",
  samples: () => [
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>a &amp; b &#65;</Message></Error>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated><Contents><Key>a/b</Key><Size>5</Size><ETag>"x"</ETag></Contents><Empty/></ListBucketResult>',
  ],
  weight: 1,
  run(input) {
    const root = parseXml(input as string)
    const answer = { status: 404, headers: new Headers(), body: utf8Encode(input as string) }
    const refusal = refusalOf(answer)
    if (root === undefined) return "none"
    throw refused("get", answer, refusal)
  },
}

function textUpdate(): Uint8Array {
  const doc = new Y.Doc({ guid: "fuzz" })
  doc.clientID = 5
  doc.getText("t").insert(0, "hello world")
  doc.getText("t").delete(2, 3)
  doc.getText("t").format(0, 2, { bold: true })
  return Y.encodeStateAsUpdateV2(doc)
}
const text: Target = {
  name: "update of a text",
  samples: () => [textUpdate()],
  weight: 4,
  run: (input) => applyGuarded(new Y.Doc(), input as Uint8Array, undefined),
}

const path: Target = {
  name: "path",
  samples: () => ["a.b", "a\\.b.c", "x\\0.\\\\", "a"],
  weight: 1,
  run: (input) => {
    const segments = splitPath(input as string)
    if (!(input as string).includes("\0") && formatPath(segments) !== input) throw new Error("a path has two texts")
    return String(Math.min(segments.length, 3))
  },
}

/** Sort keys have no decoder, but an order to keep. */
const order: Target = {
  name: "two values in order",
  samples: () => ['[[1,"a",null],[1.5,{"a":1}]]', '["x",{"$":["n","10"]}]', '[{"$":["d",5]},{"$":["b","AA=="]}]'],
  weight: 1,
  tree: jsonTree,
  run(input) {
    const { pair } = parseDocumentText(`{"pair":${input as string}}`) as { readonly pair: Json }
    const [a = null, b = null] = Array.isArray(pair) ? (pair as readonly Json[]) : []
    const [one, other] = [sortKey(a), sortKey(b)]
    if (one.length > 256 || other.length > 256) return "long"
    const byKeys = one < other ? -1 : Number(one > other)
    if (byKeys !== Math.sign(compareValues(a, b))) throw new Error("the keys of two values are not in their order")
    return String(byKeys)
  },
}

/** All of them. */
export const askedTargets: readonly Target[] = [document, writes, queries, messages, xml, text, path, order]
