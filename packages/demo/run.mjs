// Starts the demo: prepares the data set, builds the page, and serves it on this machine alone. With --check it drives the page
// in Chromium instead, and ends with 0 only if everything it looked at holds.
import { parseArgs } from "node:util"
import { build, preview, runnerImport } from "vite"
import { prepare } from "./prepare.mjs"

const usage = `npm run demo               builds the page and serves it until Ctrl-C
npm run demo -- --check    drives it in headless Chromium and reports
npm run demo -- --port N   serves it on another port
npm run demo -- --cities N takes the N largest cities alone`

/** The page keeps its data per origin, so the port stays the same from one start to the next. */
const usualPort = 4177

const say = (text) => process.stdout.write(`${text}\n`)

function readArguments() {
  const options = {
    check: { type: "boolean" },
    port: { type: "string" },
    cities: { type: "string" },
    help: { type: "boolean", short: "h" },
  }
  const { values } = parseArgs({ options })
  const port = values.port === undefined ? usualPort : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port} is no port`)
  const cities = values.cities === undefined ? undefined : Number(values.cities)
  if (cities !== undefined && !(cities >= 1)) throw new Error(`--cities ${values.cities} is no number of cities`)
  return { ...values, port, cities }
}

/** Serves the built page; on a free port when the asked one is taken. */
async function serve(port) {
  const open = (number, strictPort) =>
    preview({ root: import.meta.dirname, logLevel: "warn", preview: { host: "127.0.0.1", port: number, strictPort } })
  try {
    return await open(port, true)
  } catch (error) {
    if (!/already in use/.test(String(error))) throw error
    say(`Port ${port} is taken, so another one is used. Data of the usual port is not visible there.`)
    return await open(port + 1, false)
  }
}

async function check() {
  const options = { root: import.meta.dirname, configFile: false, logLevel: "warn" }
  const { module } = await runnerImport("./check/check.ts", options)
  return module.check({ serve: serveForCheck, say })
}

/** The page on a free port. */
async function serveForCheck() {
  const { httpServer } = await serve(0)
  const { port } = httpServer.address()
  const close = () => {
    httpServer.closeAllConnections()
    return new Promise((resolve) => httpServer.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/`, port, close }
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
  const server = await serve(wanted.port)
  say(`\n  Fixpoint demo   ${server.resolvedUrls.local[0]}\n\n  Open it twice to see the tabs agree. Ctrl-C ends it.`)
  return undefined
}

await main().catch((error) => {
  process.stderr.write(`${error.message}\n${wantedHint(error)}`)
  process.exitCode = 1
})

function wantedHint(error) {
  return error.code?.startsWith("ERR_PARSE_ARGS") ? `${usage}\n` : ""
}
