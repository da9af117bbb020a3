/**
 * What an application says of a bucket over HTTP. Owns: the options of `http` and their checks. Pages load this.
 */
import { endpointOf } from "./s3-settings.ts"

/** Headers that a server knows the caller by. */
export type HttpHeaders = Readonly<Record<string, string>>

/** What `http` takes. */
export interface HttpOptions {
  /** Where the objects lie, such as `http://127.0.0.1:8321/my-app/`. */
  readonly url: string
  /** Sent with each request, or what gives them; such as an `authorization`. */
  readonly headers?: HttpHeaders | (() => HttpHeaders | Promise<HttpHeaders>) | undefined
  /** How long a request may take beside the time for its bytes, in ms; 30,000 otherwise. */
  readonly timeoutMs?: number | undefined
}

/** The options, checked and complete. */
export interface HttpSettings {
  readonly name: string
  /** With a slash at its end. */
  readonly url: string
  readonly headers: NonNullable<HttpOptions["headers"]>
  readonly timeoutMs: number
}

/** Checks the options. */
export function httpSettings({ url, headers = {}, timeoutMs = 30_000 }: HttpOptions): HttpSettings {
  const { origin, host, pathname } = endpointOf(url)
  const path = pathname.endsWith("/") ? pathname : `${pathname}/`
  return { name: `http: ${host}${path}`, url: origin + path, headers, timeoutMs }
}
