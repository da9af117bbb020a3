/**
 * Starts a system browser on a URL with a profile folder of its own: no driver, no download, no npm dependency.
 * Invariant: no browser outlives the process that started it, whatever ends that process (on Linux).
 */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { startTied } from "./tied-process.ts"

export type Engine = "chromium" | "firefox" | "webkit"

interface Known {
  readonly variable: string
  readonly paths: readonly string[]
}
const known: Record<Engine, Known> = JSON.parse(readFileSync(new URL("browsers.json", import.meta.url), "utf8"))

/** Path of the engine's binary on this machine, or undefined: the caller decides whether to skip or fail. */
export function find(engine: Engine): string | undefined {
  const { variable, paths } = known[engine]
  return [process.env[variable] ?? "", ...paths].find((path) => path && existsSync(path))
}

/** The engines of this machine. */
export const present: readonly Engine[] = (["chromium", "firefox", "webkit"] as const).filter((engine) => find(engine))

const chromiumArgs = [
  "--headless",
  "--no-sandbox",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-popup-blocking",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--password-store=basic",
  "--use-mock-keychain",
  // Pages for a menu that nobody opens: half of what a start costs.
  "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]
/** Services that a Firefox begins to look after at each start: a quarter of what that costs. */
const unusedServices = {
  "browser.ml.enable": false,
  "browser.newtabpage.activity-stream.feeds.topsites": false,
  "browser.region.update.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "browser.search.update": false,
  "browser.translations.enable": false,
  "datareporting.healthreport.uploadEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "services.settings.server": "data:,",
  "signon.rememberSignons": false,
  "toolkit.telemetry.archive.enabled": false,
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.unified": false,
}
const firefoxPrefs: Record<string, string | number | boolean> = {
  ...unusedServices,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.dom.window.dump.enabled": true,
  "browser.newtab.preload": false,
  "browser.newtabpage.enabled": false,
  // A page that was seen before would be loaded a second time, out of sight, for its picture.
  "browser.pagethumbnails.capturing_disabled": true,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  // What pages print goes to the browser's own output.
  "devtools.console.stdout.content": true,
  "dom.disable_open_during_load": false,
  // A process for each tab, so that one of them can be stopped or killed.
  "dom.ipc.processCount.webIsolated": 8,
  // Tabs out of sight run their timers like others, as with the flags of Chromium above.
  "dom.min_background_timeout_value": 4,
  "dom.min_background_timeout_value_without_budget_throttling": 4,
  "dom.timeout.enable_budget_timer_throttling": false,
  // navigator.storage.persist() would wait for a permission prompt for ever
  "dom.storageManager.prompt.testing": true,
  "dom.storageManager.prompt.testing.allow": true,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.startup.max_resumed_crashes": -1,
}
// WebKitGTK ships these switched off; Safari has them on. Timers run in tabs out of sight too.
const webkitFeatures =
  "--features=+FileSystem,+AccessHandle,+FileSystemWritableStream,+StorageAPI,+StorageAPIEstimate,-HiddenPageDOMTimerThrottling"

/**
 * A running browser. It knows its processes by number and start time, as numbers of processes that ended are given again:
 * a signal reaches a process of this browser, or nobody.
 */
export class Browser {
  readonly process: ChildProcess
  readonly pid: number
  readonly #display: ChildProcess | undefined
  readonly #started = new Map<number, number>()
  constructor(process: ChildProcess, display?: ChildProcess) {
    // A signal to 0, 1 or -1 would reach processes that no test started.
    if (!process.pid || process.pid <= 1) throw new Error("the browser has no process")
    this.process = process
    this.pid = process.pid
    this.#display = display
    const own = processStat(this.pid)
    if (own) this.#started.set(this.pid, own.started)
  }

  /** Every process of the browser that lives: of its tree, of its group, or known from before. */
  processes(): number[] {
    if (!existsSync("/proc/self/stat")) return isRunning(this.process) ? [this.pid] : []
    const all = runningProcesses()
    const own = new Map(
      all.filter(({ pid, started }) => this.#started.get(pid) === started).map((one) => [one.pid, one]),
    )
    let size = -1
    while (size !== own.size) {
      size = own.size
      const group = [...own.values()].some((one) => one.group === this.pid) ? this.pid : undefined
      for (const one of all) if (one.group === group || own.has(one.parent)) own.set(one.pid, one)
    }
    for (const { pid, started } of own.values()) this.#started.set(pid, started)
    return [...own.keys()]
  }

  /** Sends a signal to one process of the browser, and to no other. */
  signalOne(pid: number, name: NodeJS.Signals): void {
    if (pid <= 1 || !this.processes().includes(pid)) throw new Error(`${pid} is no process of this browser`)
    signal(pid, name)
  }

  /** Asks the browser's first process to end, which ends the others; by force what is left after 3 s. */
  async stop(): Promise<void> {
    this.processes()
    if (isRunning(this.process)) {
      const gone = once(this.process, "exit")
      signal(this.pid, "SIGTERM")
      await Promise.race([gone, delay(3_000, undefined, { ref: false })])
    }
    await this.crash()
  }

  /** kill -9 of every process of the browser, also of those that left its group; resolves when none is alive. */
  async crash(): Promise<void> {
    for (let alive = this.processes(); alive.length > 0; alive = this.processes()) {
      for (const pid of alive) signal(pid, "SIGKILL")
      await delay(5)
    }
    if (this.#display && isRunning(this.#display)) {
      const gone = once(this.#display, "exit")
      this.#display.kill("SIGTERM")
      await gone
    }
  }

  /** Stops every process where it stands, as a suspended tab or a laptop lid does. */
  freeze(): void {
    let stopped = 0
    // One that was born between the look and the signal is found by the next look.
    for (let all = this.processes(); all.length !== stopped; all = this.processes()) {
      stopped = all.length
      for (const pid of all) signal(pid, "SIGSTOP")
    }
  }

  /** Lets a frozen browser go on. */
  thaw(): void {
    for (const pid of this.processes()) signal(pid, "SIGCONT")
  }
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

/** Signals one process; 0, 1 and negative numbers would reach processes that are not ours. */
function signal(pid: number, name: NodeJS.Signals): void {
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) throw new Error(`Refused to signal ${pid}`)
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

interface ProcessStat {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly group: number
  /** In ticks since the machine started. */
  readonly started: number
}

/** What the kernel knows of a process; undefined when it is gone. */
function processStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    const [state = "", parent, group] = fields
    return { pid, state, parent: Number(parent), group: Number(group), started: Number(fields[19]) }
  } catch {
    return undefined
  }
}

/** All processes of the machine. One that ended but was not yet collected by its parent counts as gone. */
function runningProcesses(): ProcessStat[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  return numbers.flatMap((name) => {
    const stat = processStat(Number(name))
    return stat && !"ZX".includes(stat.state) ? [stat] : []
  })
}

/** WebKitGTK has no headless mode: each browser gets a virtual display, on a number that Xvfb chooses. */
async function startDisplay(): Promise<{ child: ChildProcess; name: string }> {
  const child = startTied(["Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  })
  const number = child.stdio[3]
  if (!number) throw new Error("Xvfb was started without its pipe")
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`Xvfb ended with ${code}`)))
  failed.catch(() => undefined)
  const [data] = await Promise.race([once(number, "data"), failed])
  return { child, name: `:${String(data).trim()}` }
}

/** Writes what the engine wants to find in its profile, and gives its arguments. */
async function prepare(engine: Engine, profile: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  await mkdir(profile, { recursive: true })
  if (engine === "chromium") return [...chromiumArgs, `--user-data-dir=${profile}`]
  if (engine === "firefox") {
    // A killed Firefox would open its last tab once more, beside the page it is started on.
    for (const name of ["sessionstore.jsonlz4", "sessionstore-backups"])
      await rm(join(profile, name), { recursive: true, force: true })
    const lines = Object.entries(firefoxPrefs).map(
      (pair) => `user_pref(${pair.map((x) => JSON.stringify(x)).join(", ")});`,
    )
    await writeFile(join(profile, "user.js"), lines.join("\n"))
    // It would leave reports of its own crashes in the home of whoever runs the tests.
    env["MOZ_CRASHREPORTER_DISABLE"] = "1"
    return ["--headless", "--no-remote", "--profile", profile]
  }
  for (const name of ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"]) {
    env[name] = join(profile, name)
    await mkdir(join(profile, name), { recursive: true })
  }
  env["GDK_BACKEND"] = "x11"
  return [webkitFeatures, "--javascript-can-open-windows-automatically=true"]
}

/** How a browser is started. */
interface Launch {
  readonly engine: Engine
  readonly profile: string
  readonly url: string
  readonly extra: readonly string[]
  /** What becomes of its output. */
  readonly output: "inherit" | "ignore" | "pipe"
}

async function begin({ engine, profile, url, extra, output }: Launch): Promise<Browser> {
  const binary = find(engine)
  if (!binary) throw new Error(`No ${engine} here; looked for ${known[engine].paths.join(", ")}`)
  const env: NodeJS.ProcessEnv = { ...process.env }
  const args = await prepare(engine, profile, env)
  const display = engine === "webkit" ? await startDisplay() : undefined
  if (display) env["DISPLAY"] = display.name
  const pipes = extra.includes("--remote-debugging-pipe") ? (["pipe", "pipe"] as const) : []
  const stdio = ["ignore", output, output, ...pipes] as const
  const child = startTied([binary, ...args, ...extra, url], { env, detached: true, stdio: [...stdio] })
  await once(child, "spawn")
  return new Browser(child, display?.child)
}

/** Starts `engine` on `url`; `extra` goes before the URL on its command line. Its descriptors 3 and 4 are pipes if asked for. */
export function launch(engine: Engine, profile: string, url: string, extra: readonly string[] = []): Promise<Browser> {
  const output = process.env["BROWSER_LOG"] ? "inherit" : "ignore"
  return begin({ engine, profile, url, extra, output })
}

/** What makes an engine print what the consoles of pages and workers get. Firefox has a preference for it, which is set. */
const printing: Record<Engine, readonly string[]> = {
  chromium: ["--enable-logging=stderr"],
  firefox: [],
  webkit: ["--enable-write-console-messages-to-stdout=true"],
}

/** Starts `engine` on `url`, and gives all that it prints to `print`: the consoles of pages and workers, and its own output. */
export async function launchPrinting(
  engine: Engine,
  profile: string,
  url: string,
  print: (text: string) => void,
): Promise<Browser> {
  const browser = await begin({ engine, profile, url, extra: printing[engine], output: "pipe" })
  const { stdout, stderr } = browser.process
  for (const stream of [stdout, stderr]) stream?.setEncoding("utf8").on("data", print)
  return browser
}
