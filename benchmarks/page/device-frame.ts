/**
 * A second device of a system: a page of another origin in a frame, with storage and workers of its own. Owns: the calls between
 * the page and the frame, on both sides. Must not know scenarios.
 */
import type { Person } from "../documents.ts"
import type { SharedDevice } from "../drivers/driver.ts"
import { systems } from "../drivers/systems.ts"

/** Where a device is opened. */
export interface DevicePlace {
  readonly system: string
  readonly name: string
  readonly bucketUrl: string
}

/** What can be asked of a device in a frame. */
export interface FramedDevice {
  /** Opens it; then it syncs. */
  open(): Promise<void>
  sync(): Promise<void>
  count(): Promise<number>
  /** Resolves when it has an answer to a query for `limit` people that is not empty. */
  firstAnswer(limit: number): Promise<void>
  /** Calls of a live query are noted from here on. */
  watch(city: string): Promise<void>
  /** Resolves when the live query shows this person. */
  shows(person: Pick<Person, "_id" | "age">): Promise<void>
  close(): Promise<void>
}

interface Call {
  readonly id: number
  readonly verb: keyof FramedDevice
  readonly args: readonly unknown[]
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

const askAgainMs = 10

/** Whether this page is to be a device in a frame. */
export const isFrame = (): boolean => location.search.startsWith("?device=")

/** The device in a frame of the origin `host`, which nobody else uses. */
export async function frameDevice(host: string, place: DevicePlace): Promise<FramedDevice> {
  const frame = document.createElement("iframe")
  frame.src = `http://${host}.localhost:${location.port}/?device=${encodeURIComponent(JSON.stringify(place))}`
  const { port1, port2 } = new MessageChannel()
  const waiting = new Map<number, (answer: Answer) => void>()
  port1.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
  }
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }))
  document.body.append(frame)
  await loaded
  frame.contentWindow?.postMessage("device", "*", [port2])
  let calls = 0
  const call = async (verb: keyof FramedDevice, ...args: readonly unknown[]): Promise<unknown> => {
    const id = calls++
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      port1.postMessage({ id, verb, args } satisfies Call)
    })
    if (answer.error !== undefined) throw new Error(`device ${host}, ${verb}: ${answer.error}`)
    return answer.value
  }
  return {
    open: async () => void (await call("open")),
    sync: async () => void (await call("sync")),
    count: async () => (await call("count")) as number,
    firstAnswer: async (limit) => void (await call("firstAnswer", limit)),
    watch: async (city) => void (await call("watch", city)),
    shows: async ({ _id, age }) => void (await call("shows", { _id, age })),
    async close() {
      await call("close")
      frame.remove()
    },
  }
}

/** The frame's side: waits for the page, and does what it says. */
export async function serveFrame(): Promise<void> {
  const { system, name, bucketUrl } = JSON.parse(
    decodeURIComponent(location.search.slice("?device=".length)),
  ) as DevicePlace
  const [port] = await new Promise<readonly MessagePort[]>((resolve) =>
    addEventListener("message", ({ ports }) => resolve(ports), { once: true }),
  )
  const driver = await systems.find(({ id }) => id === system)?.load()
  if (port === undefined || driver?.openShared === undefined) throw new Error(`${system} cannot be a device`)
  const verbs = deviceVerbs(() => driver.openShared?.(name, bucketUrl) as Promise<SharedDevice>)
  port.onmessage = ({ data: { id, verb, args } }: MessageEvent<Call>) => {
    const done = (verbs[verb] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    done.then(
      (value) => port.postMessage({ id, value } satisfies Answer),
      (error: unknown) => port.postMessage({ id, error: String(error) } satisfies Answer),
    )
  }
}

function deviceVerbs(open: () => Promise<SharedDevice>): FramedDevice {
  let opened: SharedDevice | undefined
  let shown: readonly Person[] = []
  let wake = (): void => undefined
  const device = (): SharedDevice => {
    if (opened === undefined) throw new Error("the device is not open")
    return opened
  }
  return {
    async open() {
      opened = await open()
    },
    sync: async () => device().sync(),
    count: async () => device().count(),
    async firstAnswer(limit) {
      while ((await device().some(limit)).length === 0) await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    },
    async watch(city) {
      device().watchCity(city, (people) => {
        shown = people
        wake()
      })
    },
    async shows({ _id, age }) {
      while (!shown.some((one) => one._id === _id && one.age === age))
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    },
    close: async () => device().close(),
  }
}
