// The packed packages through the bundlers that applications use, with the settings these have by default and a content security
// policy that allows scripts of the site alone: the worker starts, and loads a part when it is first needed.
import { once } from "node:events"
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import { text } from "node:stream/consumers"
import * as esbuild from "esbuild"
import * as vite8 from "vite"
import * as vite7 from "vite7"
import { afterAll, beforeAll, expect } from "vitest"
import webpack from "webpack"
import { testEngines } from "../harness/engine-tests.ts"
import { launch } from "../harness/launch.ts"
import { placePackages } from "./place.ts"

/** A page that uses a database, and the part that checks it, tells what came of it, and goes where it is told to. */
const work = (options: string) => `import { fixpoint } from "fixpoint"
async function use() {
  const db = fixpoint("app", ${options})
  await db.put({ _id: "a", n: 1 })
  const { ok, logRecords } = await db.check({ deep: true })
  return [db.status.persistence, ok, logRecords > 0]
}
const told = await use().catch(String)
const response = await fetch("/result", { method: "POST", body: JSON.stringify(told) })
const next = await response.text()
if (next !== "") location.href = next
`
const ownWorker = `{ worker: () => new Worker(new URL("./own-worker.js", import.meta.url), { type: "module" }) }`
const good = ["indexeddb", true, true]
/** Webpack takes longest, so it is still at it when a browser sees what the others have made. */
const bundlers = ["vite8", "vite7", "esbuild", "plain", "webpack"]

/** All of a site's own, and nothing from elsewhere or made of text. */
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'"
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" }
const pageOf = (script: string) => `<!doctype html><script type="module" src="${script}"></script>`

const held = { site: "", webpack: Promise.resolve() }
const folders = () => ({ source: held.site, out: join(held.site, "out") })

beforeAll(async () => {
  held.site = placePackages()
  const files = {
    "package.json": '{ "name": "site", "private": true, "type": "module" }',
    "index.html": pageOf("./page.js"),
    "page.js": work("{}"),
    "own.js": work(ownWorker),
    "own-worker.js": 'import { serve } from "fixpoint/worker"\nserve()\n',
  }
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(held.site, name), contents)
  held.webpack = withWebpack()
  held.webpack.catch(() => undefined)
  await Promise.all([withVite("vite8", vite8), withVite("vite7", vite7 as unknown as typeof vite8)])
  await withEsbuild()
  await withoutBundler()
}, 120_000)
afterAll(async () => {
  await held.webpack
  rmSync(held.site, { recursive: true, force: true })
})

async function withVite(name: string, { build }: Pick<typeof vite8, "build">): Promise<void> {
  const { source, out } = folders()
  await build({
    root: source,
    configFile: false,
    logLevel: "error",
    base: `/${name}/`,
    build: { outDir: join(out, name) },
  })
}

async function withWebpack(): Promise<void> {
  const { source, out } = folders()
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    const done = (error: Error | null, result?: webpack.Stats) => (error ? reject(error) : resolve(result))
    webpack({ mode: "production", context: source, entry: "./page.js", output: { path: join(out, "webpack") } }, done)
  })
  expect(stats?.toString({ all: false, errors: true, warnings: true })).toBe("")
  writeFileSync(join(out, "webpack/index.html"), pageOf("./main.js"))
}

/** It does not bundle a worker by itself: the application names it, and the parts come with it. */
async function withEsbuild(): Promise<void> {
  await bundlePage("esbuild", ["own.js", "own-worker.js"])
}

/** The files of the worker as they were packed, beside the page. */
async function withoutBundler(): Promise<void> {
  const { source, out } = folders()
  await bundlePage("plain", ["page.js"])
  for (const name of ["worker-default.js", "worker.js", "part-imports.js", "parts"])
    cpSync(join(source, "node_modules/fixpoint/dist", name), join(out, "plain", name), { recursive: true })
}

async function bundlePage(name: string, files: readonly string[]): Promise<void> {
  const { source, out } = folders()
  const outdir = join(out, name)
  await esbuild.build({
    entryPoints: files.map((file) => join(source, file)),
    bundle: true,
    format: "esm",
    splitting: true,
    outdir,
    logLevel: "error",
  })
  writeFileSync(join(outdir, "index.html"), pageOf(`./${files[0]}`))
}

/** Serves what was built; a page that has told its result is sent to the next. */
async function serve() {
  const { out } = folders()
  const results: Record<string, unknown> = {}
  const lost: string[] = []
  const last = { told: () => undefined as void }
  const all = new Promise<void>((resolve) => (last.told = resolve))
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname
    if (request.method === "POST") {
      const from = new URL(request.headers.referer ?? "").pathname.split("/")[1] ?? ""
      results[from] = JSON.parse(await text(request))
      const next = bundlers[bundlers.indexOf(from) + 1]
      if (next === "webpack") await held.webpack.catch(() => undefined)
      response.end(next && `/${next}/`)
      if (next === undefined) last.told()
      return
    }
    const file = join(out, path.endsWith("/") ? `${path}index.html` : path)
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream")
    response.setHeader("content-security-policy", policy)
    if (existsSync(file)) response.end(readFileSync(file))
    else {
      if (path !== "/favicon.ico") lost.push(path)
      response.writeHead(404).end()
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/${bundlers[0]}/`,
    /** Resolves to what every page has told, and what was asked for and is not there. */
    outcome: () => Promise.all([all, held.webpack]).then(() => ({ results, lost })),
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

testEngines("the worker starts and loads a part, whoever has bundled them", async (run) => {
  const site = await serve()
  run.finally(() => site.close())
  const browser = await launch(run.engine, join(run.folder, "profile"), site.url)
  run.finally(() => browser.stop())
  const results = Object.fromEntries(bundlers.map((name) => [name, good]))
  expect(await site.outcome()).toEqual({ results, lost: [] })
})
