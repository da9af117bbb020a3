/**
 * Ceph's RADOS gateway on this machine: one monitor, one store in memory, one gateway, all on loopback, in a folder of their own.
 * Owns: their configuration, keys and users. Invariant: nothing of it outlives the process that started it, and no system service
 * is touched.
 *
 * What each odd setting is for: keys (cephx) are on, as without them clients race the monitor's map; small intervals of the monitor,
 * as the gateway makes its pools one after another at its first start; tcp_nodelay, as bodies wait for 40 ms without it.
 */
import { type ChildProcess, execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { administer, answering, freePorts, type UserKeys } from "./object-store.ts"
import { killTied, startTied } from "./tied-process.ts"

const execute = promisify(execFile)
const startLimitMs = 60_000

const adminKeys: UserKeys = {
  accessKeyId: "TESTACCESSKEY0000001",
  secretAccessKey: "testsecretkey0000000000000000000000000001",
}

/** A running gateway. */
export class Radosgw {
  readonly endpoint: string
  readonly keys: UserKeys = adminKeys
  readonly #folder: string
  readonly #daemons = new Map<string, ChildProcess>()

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.endpoint = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<Radosgw> {
    const folder = await mkdtemp(join(tmpdir(), "fixpoint-radosgw-"))
    const [port = 0, monitorPort = 0] = await freePorts(2)
    const gateway = new Radosgw(folder, port)
    try {
      for (const name of ["mon", "osd", "rgw", "run"]) await mkdir(join(folder, name))
      await writeFile(gateway.#config, configuration(folder, port, monitorPort))
      await gateway.#makeKeys()
      await gateway.#startMonitor(monitorPort)
      await gateway.#startStore()
      await gateway.startGateway()
      await gateway.addUser("test", adminKeys)
      return gateway
    } catch (error) {
      await gateway.stop()
      throw error
    }
  }

  /** Starts the gateway; the store keeps what earlier ones wrote. */
  async startGateway(): Promise<void> {
    const asRoot = process.getuid?.() === 0 ? ["--setuser", "root", "--setgroup", "root"] : []
    this.#start("radosgw", "-n", "client.rgw", ...asRoot)
    await answering(this.endpoint, startLimitMs)
  }

  /** The gateway, or the store below it: to stop it (SIGSTOP), go on (SIGCONT) or kill it. */
  signal(daemon: "radosgw" | "ceph-osd", signal: NodeJS.Signals): void {
    this.#daemons.get(daemon)?.kill(signal)
  }

  /** Kills the gateway alone. */
  async killGateway(): Promise<void> {
    const gateway = this.#daemons.get("radosgw")
    if (gateway !== undefined) await killTied(gateway)
  }

  async addUser(id: string, { accessKeyId, secretAccessKey }: UserKeys): Promise<void> {
    const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey]
    await this.admin("user", "create", "--uid", id, "--display-name", id, ...keys)
  }

  /** Runs radosgw-admin. */
  async admin(...parameters: readonly string[]): Promise<void> {
    await execute("radosgw-admin", ["-c", this.#config, ...parameters], { timeout: startLimitMs })
  }

  /** Makes a bucket whose objects pages of any origin may use. */
  async makeBucket(bucket: string, keys: UserKeys = adminKeys): Promise<void> {
    await administer(this.endpoint, keys, { method: "PUT", path: `/${bucket}` })
    await administer(this.endpoint, keys, { method: "PUT", path: `/${bucket}`, query: "cors", body: corsRules })
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#daemons.values()].map(killTied))
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #config(): string {
    return join(this.#folder, "ceph.conf")
  }

  #start(daemon: string, ...parameters: readonly string[]): void {
    const child = startTied([daemon, "-f", "-c", this.#config, ...parameters], { stdio: "ignore" })
    this.#daemons.set(daemon, child)
  }

  async #makeKeys(): Promise<void> {
    const keyring = join(this.#folder, "keyring")
    const all = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
    const keys: [string, ...string[]][] = [
      ["mon.", "--cap", "mon", "allow *"],
      ["client.admin", ...all],
      ["osd.0", "--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"],
      ["client.rgw", "--cap", "mon", "allow rw", "--cap", "osd", "allow rwx"],
    ]
    await writeFile(keyring, "")
    for (const [name, ...capabilities] of keys)
      await execute("ceph-authtool", [keyring, "--gen-key", "-n", name, ...capabilities])
  }

  async #startMonitor(port: number): Promise<void> {
    const map = join(this.#folder, "monmap")
    const fsid = ["--fsid", randomUUID()]
    await execute("monmaptool", ["--create", ...fsid, "--addv", "a", `[v1:127.0.0.1:${port}]`, map])
    const first = ["--mkfs", "--monmap", map, "--keyring", join(this.#folder, "keyring")]
    await execute("ceph-mon", ["-c", this.#config, "-i", "a", ...first])
    this.#start("ceph-mon", "-i", "a")
  }

  async #startStore(): Promise<void> {
    const uuid = randomUUID()
    await execute("ceph", ["-c", this.#config, "--connect-timeout", "30", "osd", "new", uuid, "0"])
    await execute("ceph-osd", ["-c", this.#config, "-i", "0", "--mkfs", "--osd-uuid", uuid])
    this.#start("ceph-osd", "-i", "0")
  }
}

const corsRules = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
<AllowedMethod>DELETE</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>Date</ExposeHeader>
<MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>`

function configuration(folder: string, port: number, monitorPort: number): string {
  return `[global]
mon host = v1:127.0.0.1:${monitorPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = ${folder}/keyring
run dir = ${folder}/run
crash dir = ${folder}/run
admin socket =
log file =
log to stderr = false
ms bind msgr2 = false
ms bind ipv6 = false
mon initial members = a
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 0
mon data avail warn = 1
mon osd full ratio = 0.97
mon osd backfillfull ratio = 0.96
mon osd nearfull ratio = 0.95
mon max pg per osd = 1000
mon tick interval = 1
paxos propose interval = 0.02
paxos min wait = 0.01
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
[mon.a]
mon data = ${folder}/mon
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd class update on start = false
osd op num shards = 2
[client.rgw]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw dns name = localhost
rgw thread pool size = 64
rgw enable usage log = false
rgw enable ops log = false
rgw override bucket index max shards = 1
`
}
