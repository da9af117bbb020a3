// Starts a system browser on a URL with a profile folder of its own. No driver, no download, no npm dependency.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

export type Engine = "chromium" | "firefox" | "webkit"

const binaries: Record<Engine, string[]> = {
  chromium: [process.env["CHROMIUM_BIN"] ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"],
  firefox: [process.env["FIREFOX_BIN"] ?? "", "/usr/bin/firefox-esr", "/usr/bin/firefox"],
  webkit: [
    process.env["WEBKIT_BIN"] ?? "",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/x86_64-linux-gnu/webkitgtk-6.0/MiniBrowser",
  ],
}

/** Path of the engine's binary on this machine, or undefined: the caller decides whether to skip or fail. */
export const find = (engine: Engine): string | undefined => binaries[engine].find((p) => p && existsSync(p))

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
]
const firefoxPrefs: Record<string, string | number | boolean> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.disable_open_during_load": false,
  // navigator.storage.persist() would wait for a permission prompt for ever
  "dom.storageManager.prompt.testing": true,
  "dom.storageManager.prompt.testing.allow": true,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.startup.max_resumed_crashes": -1,
}
// WebKitGTK ships these switched off; Safari has them on
const webkitFeatures = "--features=+FileSystem,+AccessHandle,+FileSystemWritableStream,+StorageAPI,+StorageAPIEstimate"

export class Browser {
  readonly process: ChildProcess
  readonly #display: ChildProcess | undefined
  constructor(process: ChildProcess, display?: ChildProcess) {
    this.process = process
    this.#display = display
  }
  get pid(): number {
    return this.process.pid ?? 0
  }
  /** Ends the whole process group; SIGKILL is a crash, SIGTERM a normal end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await end(this.process, signal, true)
    if (this.#display) await end(this.#display, "SIGTERM", false)
  }
}

// The kernel ends the child when this process dies, whatever kills it; elsewhere than on Linux only stop() does
const tied = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : []
function run(command: string[], options: SpawnOptions): ChildProcess {
  const [file, ...args] = [...tied, ...command]
  return spawn(file!, args, options)
}

async function end(child: ChildProcess, signal: NodeJS.Signals, group: boolean): Promise<void> {
  if (!child.pid || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, "exit")
  const send = (s: NodeJS.Signals) => {
    try {
      process.kill(group ? -child.pid! : child.pid!, s)
    } catch {}
  }
  send(signal)
  const timer = setTimeout(send, 3000, "SIGKILL")
  await gone
  clearTimeout(timer)
  if (group) send("SIGKILL") // stragglers of the group
}

async function startDisplay(): Promise<{ child: ChildProcess; name: string }> {
  const child = run(["Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  })
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`Xvfb ended with ${code}`)))
  const [data] = await Promise.race([once(child.stdio[3]!, "data"), failed])
  failed.catch(() => {})
  return { child, name: `:${String(data).trim()}` }
}

export async function launch(engine: Engine, profile: string, url: string): Promise<Browser> {
  const binary = find(engine)
  if (!binary) throw new Error(`No ${engine} here; looked for ${binaries[engine].filter(Boolean).join(", ")}`)
  await mkdir(profile, { recursive: true })
  const env: NodeJS.ProcessEnv = { ...process.env }
  let args: string[]
  let display: ChildProcess | undefined
  if (engine === "chromium") {
    args = [...chromiumArgs, `--user-data-dir=${profile}`, url]
  } else if (engine === "firefox") {
    const prefs = Object.entries(firefoxPrefs).map(
      ([k, v]) => `user_pref(${JSON.stringify(k)}, ${JSON.stringify(v)});\n`,
    )
    await writeFile(join(profile, "user.js"), prefs.join(""))
    args = ["--headless", "--no-remote", "--profile", profile, url]
  } else {
    for (const name of ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"])
      await mkdir((env[name] = join(profile, name)), { recursive: true })
    const x = await startDisplay()
    display = x.child
    env["DISPLAY"] = x.name
    env["GDK_BACKEND"] = "x11"
    args = [webkitFeatures, "--javascript-can-open-windows-automatically=true", url]
  }
  const child = run([binary, ...args], {
    env,
    detached: true,
    stdio: process.env["BROWSER_LOG"] ? "inherit" : "ignore",
  })
  await once(child, "spawn")
  return new Browser(child, display)
}
