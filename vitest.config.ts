// One configuration, ten projects. The kind in a test file's name decides where it runs; CONTRIBUTING.md has the table.
import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { bundledWorker } from "./test/harness/bundled-worker.ts"
import { type Engine, find } from "./test/harness/launch.ts"
import { LongestFirst } from "./test/harness/longest-first.ts"
import { system } from "./test/harness/provider.ts"
import { mutation } from "./test/mutants/mutation.ts"

const kinds = ["browser", "crash", "dom", "edge", "every", "product", "remote", "seeds"]
const roots = ["packages/*/src", "test", "benchmarks"]
const ofKind = (...names: string[]) => roots.flatMap((root) => names.map((kind) => `${root}/**/*.${kind}.test.ts`))
const notOfKind = (...names: string[]) => names.map((kind) => `**/*.${kind}.test.ts`)

const installed = ["**/node_modules/**", "**/dist/**"]
const setupFiles = ["fake-indexeddb/auto"]

const node = {
  plugins: mutation(process.env["FIXPOINT_MUTANT"], process.env["FIXPOINT_SITE"]),
  test: {
    name: "node",
    environment: "node",
    include: roots.map((root) => `${root}/**/*.test.ts`),
    exclude: [...installed, ...notOfKind(...kinds.filter((kind) => kind !== "every"))],
    setupFiles,
    testTimeout: 20_000,
  },
}

const happyDom = {
  test: {
    name: "happy-dom",
    environment: "happy-dom",
    include: ["packages/fixpoint/src/**/*.test.ts", ...ofKind("dom")],
    exclude: [...installed, ...notOfKind(...kinds.filter((kind) => kind !== "dom"))],
    setupFiles,
    testTimeout: 20_000,
  },
}

const browser = (engine: Engine) => ({
  plugins: [bundledWorker()],
  test: {
    name: engine,
    include: ofKind("browser", "every"),
    exclude: installed,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    browser: {
      enabled: true,
      headless: true,
      ui: false,
      screenshotFailures: false,
      provider: system(engine),
      instances: [{ browser: engine }],
    },
  },
})

const workerd = {
  plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-10-01", compatibilityFlags: ["nodejs_compat"] } })],
  test: { name: "workerd", include: ofKind("edge"), exclude: installed, testTimeout: 20_000 },
}

// Node starts real browsers, kills them and opens what they left; one file at a time, as each wants both cores.
const crash = {
  test: {
    name: "crash",
    environment: "node",
    include: ofKind("crash"),
    exclude: installed,
    globalSetup: ["test/harness/built-pages.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
}

// Thousands of simulated worlds: they need processors and nothing else.
const seeds = {
  plugins: mutation(process.env["FIXPOINT_MUTANT"], process.env["FIXPOINT_SITE"]),
  test: { name: "seeds", environment: "node", include: ofKind("seeds"), exclude: installed },
}

// Node puts what is shipped to use in real browsers: the packages, the demo, the benchmarks; one file at a time, as each wants much.
const product = {
  test: {
    name: "product",
    environment: "node",
    include: ofKind("product"),
    exclude: installed,
    globalSetup: ["test/harness/built-pages.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
}

// Node starts real object stores and calls them; one file at a time, as each has servers of its own.
const remote = {
  test: {
    name: "remote",
    environment: "node",
    include: ofKind("remote"),
    exclude: installed,
    globalSetup: ["test/harness/built-pages.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
}

const engines: Engine[] = ["chromium", "firefox", "webkit"]
const present = engines.filter((engine) => find(engine))
const missing = engines.filter((engine) => !find(engine))
if (missing.length > 0) process.stderr.write(`left out, not installed on this machine: ${missing.join(", ")}\n`)

export default defineConfig({
  test: {
    projects: [node, happyDom, ...present.map(browser), workerd, product, crash, remote, seeds],
    passWithNoTests: true,
    sequence: { sequencer: LongestFirst },
  },
})
