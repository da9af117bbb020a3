/**
 * Pages that tests serve, each built once in a run of a project, however many files and browsers ask for it.
 * Owns: the folder of a run, from before its first file until after its last. Set up by vitest.config.ts.
 */
import { existsSync } from "node:fs"
import { mkdtemp, rename, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { inject } from "vitest"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly builtPages: string
  }
}

/** What Vitest calls before and after a run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const make = async () => {
    const folder = await mkdtemp(join(tmpdir(), "fixpoint-pages-"))
    project.provide("builtPages", folder)
    return folder
  }
  const folders = [await make()]
  // Whoever watches has changed something.
  project.onTestsRerun(async () => void folders.push(await make()))
  return async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  }
}

const under = new Map<string, Promise<string>>()

/** The page in `root` as it is served. */
export function builtPage(root: string): Promise<string> {
  const folder = join(inject("builtPages"), relative(join(import.meta.dirname, ".."), root).replaceAll("/", "-"))
  const page = under.get(folder) ?? buildInto(folder, root)
  under.set(folder, page)
  return page
}

async function buildInto(folder: string, root: string): Promise<string> {
  if (existsSync(folder)) return folder
  const { build } = await import("vite")
  const unfinished = `${folder}.unfinished`
  await build({
    root,
    configFile: false,
    logLevel: "error",
    build: { outDir: unfinished, emptyOutDir: true, target: "esnext", minify: false, modulePreload: false },
    worker: { format: "es" },
  })
  await rename(unfinished, folder)
  return folder
}
