#!/usr/bin/env node
/** The `fixpoint` command: this process's arguments, streams and signals, given to what runs. */
import { runCommand } from "./run-command.ts"

const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  stop: stop.signal,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
})
