/**
 * Credentials over time. Owns: when they are asked for. Invariant: they are asked for once for all calls, and once more for all that
 * were refused with the same ones. Must not know requests.
 */
import { FixpointError } from "@fixpoint/core/errors"
import type { S3BucketOptions, S3Credentials } from "./s3-settings.ts"

/** Where a caller gets its credentials. */
export interface CredentialSource {
  current(): Promise<S3Credentials>
  /** Waits no longer for an answer that has not come. */
  forget(): void
  /** Whether there are others than those that were refused. */
  renewed(refused: S3Credentials): Promise<boolean>
}

/** The source of credentials that an application gave, or gives when it is asked. */
export function credentialSource(given: S3BucketOptions["credentials"] | undefined): CredentialSource {
  let asking: Promise<S3Credentials> | undefined
  let inForce: S3Credentials | undefined
  const ask = async () => {
    try {
      inForce = checked(typeof given === "function" ? await given() : given)
      return inForce
    } catch (error) {
      // Whoever comes next asks again.
      asking = undefined
      throw error
    }
  }
  const current = () => (asking ??= ask())
  return {
    current,
    forget: () => {
      asking = undefined
    },
    async renewed(refused) {
      if (typeof given !== "function") return false
      if (inForce === refused) {
        inForce = undefined
        asking = ask()
      }
      const { secretAccessKey, sessionToken } = await current()
      return secretAccessKey !== refused.secretAccessKey || sessionToken !== refused.sessionToken
    },
  }
}

function checked(given: S3Credentials | undefined): S3Credentials {
  if (typeof given?.accessKeyId === "string" && typeof given.secretAccessKey === "string") return given
  throw new FixpointError("REMOTE_AUTH", "credentials() gave no credentials.")
}
