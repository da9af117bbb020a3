// The launcher must reach every process of its browser and no other. Shells stand for browsers here.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { expect, onTestFinished, test } from "vitest"
import { Browser } from "./launch.ts"

const linux = existsSync("/proc/self/stat")

/** A process group of its own that runs a shell script, as a browser would be. */
async function group(script: string): Promise<{ browser: Browser; lines: AsyncIterator<string> }> {
  const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] })
  await once(child, "spawn")
  const browser = new Browser(child)
  onTestFinished(() => browser.crash())
  child.stdout.setEncoding("utf8")
  const words = async function* () {
    for await (const chunk of child.stdout) yield* String(chunk).split("\n").filter(Boolean)
  }
  return { browser, lines: words() }
}

const isThere = (pid: number) => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

test.runIf(linux)("a crash takes the children, those that left the group too, and nobody else", async () => {
  const bystander = await group("echo up; sleep 60")
  await bystander.lines.next()
  const { browser, lines } = await group("sleep 60 & setsid sleep 60 & echo $!; sleep 60")
  await lines.next()
  await expect.poll(() => browser.processes().length).toBe(4)
  const all = browser.processes()
  await browser.crash()
  expect(all.filter(isThere)).toEqual([])
  expect(browser.processes()).toEqual([])
  expect(bystander.browser.processes()).toHaveLength(2)
})

test.runIf(linux)("children whose parent ended are still known", async () => {
  const { browser, lines } = await group("setsid sleep 60 & echo up; sleep 60")
  await lines.next()
  await expect.poll(() => browser.processes().length).toBeGreaterThan(1)
  browser.signalOne(browser.pid, "SIGKILL")
  await once(browser.process, "exit")
  expect(browser.processes()).not.toEqual([])
  await browser.crash()
  expect(browser.processes()).toEqual([])
})

test.runIf(linux)("a process that is not the browser's is never signalled", async () => {
  const { browser, lines } = await group("echo up; sleep 60")
  await lines.next()
  for (const pid of [0, 1, -1, process.pid, process.ppid])
    expect(() => browser.signalOne(pid, "SIGCONT"), `${pid}`).toThrow("no process of this browser")
  await browser.crash()
  expect(() => browser.signalOne(browser.pid, "SIGCONT")).toThrow("no process of this browser")
})

test("a browser without a process is refused", () => {
  expect(() => new Browser({ pid: undefined } as never)).toThrow("no process")
  expect(() => new Browser({ pid: 1 } as never)).toThrow("no process")
})
