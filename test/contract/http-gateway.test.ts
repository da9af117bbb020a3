// The gateway contract over HTTP: client and server of the dialect, over memory and over a folder.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openBucketServer } from "@fixpoint/cli/server"
import { objectKeyBytesMax } from "@fixpoint/core/gateway"
import { fs } from "@fixpoint/gateways/fs"
import { http } from "@fixpoint/gateways/http"
import { memory } from "@fixpoint/gateways/memory"
import { describeGateway } from "@fixpoint/testkit/contracts"

const capabilities = { createIfAbsent: true, strongList: true, serverTime: true, copies: true }
const token = "tk-3f9a"
const traits = { capabilities, secrets: [token] }

describeGateway("a gateway to a server over memory", traits, async () => {
  const server = await openBucketServer({ bucket: memory(), token })
  const headers = { authorization: `Bearer ${token}` }
  return { open: async () => http({ url: server.url, headers }), remove: () => server.close() }
})

const folder = "my-app/db/"
const inFolder = { ...traits, keyBytesMax: objectKeyBytesMax - folder.length }

describeGateway("a gateway to a folder of a server over files", inFolder, async () => {
  const directory = await mkdtemp(join(tmpdir(), "fixpoint-bucket-"))
  const server = await openBucketServer({ bucket: fs({ directory }), token })
  const headers = async () => ({ authorization: `Bearer ${token}` })
  return {
    open: async () => http({ url: server.url + folder, headers }),
    async remove() {
      await server.close()
      // The server may still be taking in what a client has given up.
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
})
