/**
 * `fixpoint serve`: a folder as a bucket. Owns: the options and what is told while it runs.
 * Invariant: it can be reached from this machine alone, and by pages of this machine alone, unless told otherwise.
 */
import { parseArgs } from "node:util"
import { FixpointError } from "@fixpoint/core/errors"
import { fs } from "@fixpoint/gateways/fs"
import { resolve } from "node:path"
import { openBucketServer } from "./bucket-server.ts"
import type { Terminal } from "./terminal.ts"

/** What `fixpoint serve --help` says. */
export const serveHelp = `usage: fixpoint serve [folder] [options]

Serves a folder as a bucket, for http({ url }) of @fixpoint/gateways/http. All that is stored is encrypted by its databases.

  folder                where objects are kept; ./fixpoint-bucket otherwise
  --port <number>       8321 otherwise; 0 takes a free one
  --host <address>      127.0.0.1 otherwise: only this machine
  --allow-origin <o>    an origin whose pages may call, or *; may be given several times. Pages of this machine always may
  --json                one line of JSON for each event
  FIXPOINT_TOKEN        in the environment: callers need "authorization: Bearer <token>"`

const defaultPort = 8321

/** Serves until it is told to stop. */
export async function serve(parameters: readonly string[], { env, stop, out }: Terminal): Promise<void> {
  const { folder, port, host, origins, json } = optionsOf(parameters)
  const directory = resolve(folder)
  const token = env["FIXPOINT_TOKEN"]
  const server = await openBucketServer({ bucket: fs({ directory }), host, port, origins, token })
  out(
    json
      ? JSON.stringify({ event: "listening", url: server.url, directory })
      : `${directory} is served at ${server.url}`,
  )
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }))
  await server.close()
  out(json ? JSON.stringify({ event: "stopped" }) : "stopped")
}

function optionsOf(parameters: readonly string[]) {
  const { values, positionals } = parsed(parameters)
  const [folder = "fixpoint-bucket", ...more] = positionals
  const port = Number(values.port ?? defaultPort)
  if (more.length > 0) throw wrong("folder", "serve takes one folder.")
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong("port", "A port is a number from 0 to 65535.")
  const { host = "127.0.0.1", json = false } = values
  return { folder, port, host, json, origins: values["allow-origin"] ?? [] }
}

function parsed(parameters: readonly string[]) {
  const options = {
    port: { type: "string" },
    host: { type: "string" },
    "allow-origin": { type: "string", multiple: true },
    json: { type: "boolean" },
  } as const
  try {
    return parseArgs({ args: [...parameters], options, allowPositionals: true })
  } catch (error) {
    throw wrong("options", error instanceof Error ? error.message : "These are no options.")
  }
}

function wrong(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
