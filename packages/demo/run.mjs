// Starts the demo: prepares the data set, builds the pages, and serves them on this machine alone, each device from an origin of
// its own, beside the bucket through which they meet. With --check it drives them in Chromium instead, and ends with 0 only if
// everything it looked at holds.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build, preview, runnerImport } from "vite"
import { prepare } from "./prepare.mjs"

const usage = `npm run demo               builds the pages and serves two devices and their bucket until Ctrl-C
npm run demo -- --check    drives them in headless Chromium and reports
npm run demo -- --port N   other ports, from this one on
npm run demo -- --cities N takes the N largest cities alone

FIXPOINT_S3_ENDPOINT, FIXPOINT_S3_BUCKET, FIXPOINT_S3_ACCESS_KEY_ID, FIXPOINT_S3_SECRET_ACCESS_KEY, and where needed
FIXPOINT_S3_REGION and FIXPOINT_S3_PREFIX: the bucket is that one instead of a folder.`

/** Pages keep their data per origin, so the ports stay the same from one start to the next. */
const usualPort = 4177
const names = ["A", "B"]

const say = (text) => process.stdout.write(`${text}\n`)
const here = { root: import.meta.dirname, configFile: false, logLevel: "warn" }

function readArguments() {
  const text = { type: "string" }
  const options = { check: { type: "boolean" }, port: text, cities: text, help: { type: "boolean", short: "h" } }
  const { values } = parseArgs({ options })
  const port = values.port === undefined ? usualPort : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_533) throw new Error(`--port ${values.port} is no port`)
  const cities = values.cities === undefined ? undefined : Number(values.cities)
  if (cities !== undefined && !(cities >= 1)) throw new Error(`--cities ${values.cities} is no number of cities`)
  return { ...values, port, cities }
}

/** Tells the pages of an origin which device they are, and how it meets the others. */
const told = (about) => ({
  name: "fixpoint-demo-device",
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use("/device.json", (_, response) => {
      response.setHeader("content-type", "application/json")
      response.setHeader("cache-control", "no-store")
      response.end(JSON.stringify(about()))
    })
  },
})

/** Serves the pages of one device. */
async function serveDevice(port, about) {
  const own = { host: "127.0.0.1", port, strictPort: true }
  const { httpServer } = await preview({
    root: import.meta.dirname,
    logLevel: "warn",
    preview: own,
    plugins: [told(about)],
  })
  const { port: bound } = httpServer.address()
  const close = () => {
    httpServer.closeAllConnections()
    return new Promise((resolve) => httpServer.close(resolve))
  }
  return { url: `http://127.0.0.1:${bound}/`, port: bound, close }
}

/** Serves devices of these names, and a bucket in `folder`; on free ports where `port` is 0. */
async function serveAll({ port, folder, names, env }) {
  const { module } = await runnerImport("./serve.ts", here)
  const at = (n) => (port === 0 ? 0 : port + n)
  const bucket = await module.serveBucket(folder, at(names.length), env)
  const devices = []
  for (const [n, name] of names.entries()) {
    const about = () => ({ name, key: bucket.key, bucket: bucket.url, devices: devices.map(({ url }) => url) })
    devices.push({ name, ...(await serveDevice(at(n), about)) })
  }
  return { bucket, devices }
}

/** The devices of a check, which leaves nothing behind. */
async function serveForCheck(names) {
  const folder = await mkdtemp(join(tmpdir(), "fixpoint-demo-bucket-"))
  const { bucket, devices } = await serveAll({ port: 0, folder, names, env: {} })
  const close = async () => {
    for (const device of devices) await device.close()
    await bucket.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { devices, folder, close }
}

async function check() {
  const { module } = await runnerImport("./check/check.ts", here)
  return module.check({ serve: serveForCheck, say })
}

async function main() {
  const wanted = readArguments()
  if (wanted.help) return say(usage)
  const { total, source } = await prepare(wanted.cities)
  say(`Data: ${total.toLocaleString("en")} cities of ${source}.`)
  await build({ root: import.meta.dirname, logLevel: "error" })
  if (wanted.check) {
    process.exitCode = (await check()) ? 0 : 1
    return undefined
  }
  const folder = join(import.meta.dirname, ".cache/shared")
  const { bucket, devices } = await serveAll({ port: wanted.port, folder, names, env: process.env })
  const lines = devices.map(({ name, url }) => `  device ${name}     ${url}`)
  say(`\n  Fixpoint demo   ${devices[0].url}both.html\n\n${lines.join("\n")}
  bucket       ${bucket.name}, served at ${bucket.url}\n\n  Ctrl-C ends it.`)
  return undefined
}

await main().catch((error) => {
  process.stderr.write(`${messageOf(error)}\n${error.code?.startsWith("ERR_PARSE_ARGS") ? `${usage}\n` : ""}`)
  process.exitCode = 1
})

/** Data belongs to its origin, so that other ports are not taken silently. */
function messageOf({ message }) {
  return /already in use|cannot be had/.test(message) ? `${message}\nAnother demo runs? Or take --port N.` : message
}
