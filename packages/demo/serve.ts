/**
 * What the devices of the demo share on this machine: a bucket, and the key that opens what is in it. Owns: where both are kept.
 * Invariant: the key never reaches the bucket, and the credentials of a bucket elsewhere never reach a page.
 */
import { openBucketServer } from "@fixpoint/cli/server"
import { fs } from "@fixpoint/gateways/fs"
import { s3 } from "@fixpoint/gateways/s3"
import { randomBytes } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

/** A bucket elsewhere, as the environment names it; undefined where it names none. */
function bucketElsewhere(env: NodeJS.ProcessEnv) {
  const endpoint = env["FIXPOINT_S3_ENDPOINT"]
  if (!endpoint) return undefined
  const needed = (name: string) => {
    const value = env[`FIXPOINT_S3_${name}`]
    if (!value) throw new Error(`FIXPOINT_S3_ENDPOINT is set, and FIXPOINT_S3_${name} is not`)
    return value
  }
  const [bucket, accessKeyId, secretAccessKey] = [
    needed("BUCKET"),
    needed("ACCESS_KEY_ID"),
    needed("SECRET_ACCESS_KEY"),
  ]
  const region = env["FIXPOINT_S3_REGION"] ?? "us-east-1"
  const prefix = env["FIXPOINT_S3_PREFIX"] ?? "fixpoint-demo"
  const gateway = s3({ endpoint, bucket, prefix, region, credentials: { accessKeyId, secretAccessKey } })
  return { gateway, name: `${bucket} at ${new URL(endpoint).host}` }
}

/** The bytes of the key: made once, kept in the folder. */
async function keyIn(folder: string): Promise<string> {
  const file = join(folder, "key")
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    const key = randomBytes(32).toString("base64")
    await writeFile(file, key, { mode: 0o600 })
    return key
  }
}

/** Serves a bucket, as `fixpoint serve` does: the folder, or what the environment names. */
export async function serveBucket(folder: string, port: number, env: NodeJS.ProcessEnv) {
  await mkdir(folder, { recursive: true })
  const elsewhere = bucketElsewhere(env)
  const directory = join(folder, "bucket")
  const server = await openBucketServer({ bucket: elsewhere?.gateway ?? fs({ directory }), port })
  return { ...server, key: await keyIn(folder), name: elsewhere?.name ?? directory }
}
