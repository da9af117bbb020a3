/**
 * OpenStack Swift with its S3 interface on this machine: the poor provider, which refuses conditions on a PUT and can be made to list
 * what is no longer so. Owns: its configuration, its four servers and their cache, all on loopback, in a folder of their own.
 * Invariant: nothing of it outlives the process that started it.
 */
import { type ChildProcess, execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { promisify } from "node:util"
import { administer, answering, freePorts, type UserKeys } from "./object-store.ts"
import { killTied, startTied } from "./tied-process.ts"

const execute = promisify(execFile)
const startLimitMs = 150_000
/** The system's own, as Swift is of the system too. */
const python = "/usr/bin/python3"
const kinds = ["account", "container", "object"] as const

/** A running Swift. */
export class Swift {
  readonly endpoint: string
  readonly keys: UserKeys = { accessKeyId: "test:tester", secretAccessKey: "testing" }
  readonly #folder: string
  readonly #ports: readonly number[]
  readonly #servers = new Map<string, ChildProcess>()

  private constructor(folder: string, ports: readonly number[]) {
    this.#folder = folder
    this.#ports = ports
    this.endpoint = `http://127.0.0.1:${ports[0]}`
  }

  static async start(): Promise<Swift> {
    const folder = await mkdtemp(join(tmpdir(), "fixpoint-swift-"))
    const swift = new Swift(folder, await freePorts(2 + kinds.length))
    try {
      await swift.#configure()
      swift.#startCache()
      for (const kind of [...kinds, "proxy"]) swift.#start(kind)
      await answering(`${swift.endpoint}/healthcheck`, startLimitMs)
      await Promise.all(swift.#ports.map(listening))
      return swift
    } catch (error) {
      await swift.stop()
      throw error
    }
  }

  async makeBucket(bucket: string): Promise<void> {
    await administer(this.endpoint, this.keys, { method: "PUT", path: `/${bucket}` })
  }

  /** From here on objects come and go without any list telling of it. */
  async forgetLists(): Promise<void> {
    const server = this.#servers.get("container")
    if (server !== undefined) await killTied(server)
  }

  /** Lists answer again, as they were. */
  async listAgain(): Promise<void> {
    this.#start("container")
    await listening(this.#ports[1 + kinds.indexOf("container")] ?? 0)
  }

  /** Lists become true. */
  async catchUp(): Promise<void> {
    await execute("swift-object-updater", [join(this.#folder, "object.conf"), "--once"], { timeout: startLimitMs })
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(killTied))
    await rm(this.#folder, { recursive: true, force: true })
  }

  #start(kind: string): void {
    const command = [`swift-${kind}-server`, join(this.#folder, `${kind}.conf`)]
    const env = { ...process.env, SWIFT_TEST_CONFIG_FILE: "" }
    this.#servers.set(kind, startTied(command, { stdio: "ignore", cwd: this.#folder, env }))
  }

  #startCache(): void {
    const command = ["memcached", "-u", "root", "-l", "127.0.0.1", "-p", `${this.#ports.at(-1)}`, "-m", "16"]
    this.#servers.set("memcached", startTied(command, { stdio: "ignore" }))
  }

  async #configure(): Promise<void> {
    const folder = this.#folder
    for (const name of ["devices/d1", "cache"]) await mkdir(join(folder, name), { recursive: true })
    const [proxyPort = 0, ...ports] = this.#ports
    await writeFile(join(folder, "swift.conf"), swiftConfiguration)
    await writeFile(join(folder, "proxy.conf"), proxyConfiguration(folder, proxyPort, ports.at(-1) ?? 0))
    for (const [n, kind] of kinds.entries())
      await writeFile(join(folder, `${kind}.conf`), serverConfiguration(folder, kind, ports[n] ?? 0))
    await execute(python, ["-c", makeRings, ...ports.slice(0, kinds.length).map(String)], {
      cwd: folder,
      timeout: startLimitMs,
    })
  }
}

async function listening(port: number): Promise<void> {
  for (const until = performance.now() + startLimitMs; performance.now() < until; await delay(50)) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false))
      socket.once("connect", () => socket.destroy())
    })
    if (isOpen) return
  }
  throw new Error(`nothing listens on ${port}`)
}

/** Which server keeps what: with one device each, that is no question. */
const makeRings = `
import sys
from swift.common.ring import RingBuilder
for name, port in zip(("account", "container", "object"), map(int, sys.argv[1:])):
    ring = RingBuilder(2, 1, 1)
    ring.add_dev(dict(region=1, zone=1, ip="127.0.0.1", port=port, replication_ip="127.0.0.1",
                      replication_port=port, device="d1", weight=1.0, meta=""))
    ring.rebalance()
    ring.get_ring().save(name + ".ring.gz")
`

const swiftConfiguration = `[swift-hash]
swift_hash_path_prefix = fix
swift_hash_path_suffix = point
[storage-policy:0]
name = one
default = yes
`

const common = (folder: string, port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${process.env["USER"] ?? "root"}
swift_dir = ${folder}
log_level = CRITICAL
`

const serverConfiguration = (folder: string, kind: string, port: number) => `${common(folder, port)}
devices = ${folder}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
recon_cache_path = ${folder}/cache
[object-updater]
`

const filters = {
  catch_errors: "",
  gatekeeper: "",
  healthcheck: "",
  memcache: "memcache_servers = CACHE\n",
  listing_formats: "",
  bulk: "",
  s3api: "location = us-east-1\nstorage_domain = localhost\ns3_acl = false\ncheck_bucket_owner = false\n",
  tempauth: "user_test_tester = testing .admin\n",
  copy: "",
  slo: "",
  dlo: "",
  symlink: "",
}

const proxyConfiguration = (folder: string, port: number, cachePort: number) => `${common(folder, port)}
[pipeline:main]
pipeline = ${Object.keys(filters).join(" ")} proxy-server
${Object.entries(filters)
  .map(
    ([name, settings]) =>
      `[filter:${name}]\nuse = egg:swift#${name}\n${settings.replace("CACHE", `127.0.0.1:${cachePort}`)}`,
  )
  .join("")}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
`
