// Makes a fresh checkout ready: the right pnpm, the packages, the system browsers. Plain Node, as nothing is installed yet.
import { execFileSync, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { constants, setPriority } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const browsers = JSON.parse(readFileSync(join(root, "test/harness/browsers.json"), "utf8"))
const stores = JSON.parse(readFileSync(join(root, "test/harness/object-stores.json"), "utf8"))

/** Prints one line of progress. */
export const say = (line) => process.stdout.write(`${line}\n`)

/**
 * Runs a command in the root and resolves to its exit code; after `limitMs` the command and its children are ended. One that is
 * patient has what of the processors others leave.
 */
export function run(command, args, { env = {}, limitMs = 600_000, quiet = false, isPatient = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }), ...env },
      stdio: ["ignore", quiet ? "ignore" : "inherit", quiet ? "ignore" : "inherit"],
      detached: true,
    })
    if (isPatient && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    const end = (signal) => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, signal)
      } catch (error) {
        if (error.code !== "ESRCH") throw error
      }
    }
    const interrupted = () => {
      end("SIGTERM")
      process.exit(130)
    }
    const timer = setTimeout(() => {
      say(`no answer within ${limitMs / 1000} s, ended: ${command} ${args.join(" ")}`)
      end("SIGKILL")
    }, limitMs)
    process.once("SIGINT", interrupted)
    process.once("SIGTERM", interrupted)
    const finish = (code) => {
      clearTimeout(timer)
      process.off("SIGINT", interrupted)
      process.off("SIGTERM", interrupted)
      resolve(code)
    }
    child.once("error", (error) => {
      say(`${command}: ${error.message}`)
      finish(127)
    })
    child.once("exit", (code) => finish(code ?? 1))
  })
}

/** Ends the process unless this Node can run the tools. */
function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  say(`Node ${process.versions.node} is too old: 20.19 or later is needed.`)
  process.exit(1)
}

function answers(command, args) {
  try {
    return execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return undefined
  }
}

/** Puts a pnpm of the right major version on PATH; fetches it into `.cache` when the machine has none. */
export async function ensurePnpm() {
  const wanted = manifest.packageManager.split("@")[1]
  const major = `${wanted.split(".")[0]}.`
  if (answers("pnpm", ["--version"])?.startsWith(major)) return
  const folder = join(root, ".cache/pnpm")
  const bin = join(folder, "node_modules/.bin")
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`
  if (answers("pnpm", ["--version"])?.startsWith(major)) return
  say(`no pnpm ${major}x on PATH: putting pnpm ${wanted} into .cache`)
  const flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel", "error"]
  const code = await run("npm", ["install", "--prefix", folder, ...flags, `pnpm@${wanted}`])
  if (code !== 0) {
    say("pnpm could not be fetched; is the package registry reachable?")
    process.exit(1)
  }
}

/** The engines that this machine lacks, with the Debian packages that bring them. */
export function missingBrowsers(wanted = Object.keys(browsers)) {
  return wanted.flatMap((engine) => {
    const { package: name, variable, paths, also } = browsers[engine]
    const needed = []
    if (![process.env[variable] ?? "", ...paths].some((path) => path && existsSync(path))) needed.push(name)
    if (also && !existsSync(also.path)) needed.push(also.package)
    return needed.length > 0 ? [{ engine, packages: needed }] : []
  })
}

/** The object stores that this machine lacks, with the Debian packages that bring them. */
export function missingStores(wanted = Object.keys(stores)) {
  return wanted.flatMap((store) => {
    const { packages, paths } = stores[store]
    return paths.every((path) => existsSync(path)) ? [] : [{ store, packages }]
  })
}

/** Installs what is missing where that needs no question; otherwise says what to run and what is left out. */
async function ensureInstalled(findMissing) {
  const missing = findMissing()
  if (missing.length === 0) return
  const packages = missing.flatMap((entry) => entry.packages)
  const install = ["install", "-y", "--no-install-recommends", ...packages]
  const patience = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]
  const env = { DEBIAN_FRONTEND: "noninteractive" }
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") && !process.env.FIXPOINT_NO_APT) {
    say(`installing Debian packages: ${packages.join(" ")}`)
    await run("apt-get", [...patience, "-qq", "update"], { env })
    await run("apt-get", [...patience, "-qq", ...install], { env })
  }
  const left = findMissing()
  if (left.length === 0) return
  say(`left out, not on this machine: ${left.map((entry) => entry.engine ?? entry.store).join(", ")}. To have them:`)
  say(`  sudo apt-get update && sudo apt-get ${install.join(" ")}`)
}

/**
 * Everything up to and including the installed packages. `engines` names the browsers, `objectStores` the servers that the caller
 * can use.
 */
export async function setUp(engines, objectStores = []) {
  checkNode()
  await ensurePnpm()
  const code = await run("pnpm", ["install", "--frozen-lockfile", "--reporter", "append-only"], {
    env: { CI: "true" },
    quiet: existsSync(join(root, "node_modules/.modules.yaml")),
  })
  if (code !== 0) {
    say("The packages could not be installed. To see why: pnpm install --frozen-lockfile")
    process.exit(1)
  }
  await ensureInstalled(() => [...missingBrowsers(engines), ...missingStores(objectStores)])
}
