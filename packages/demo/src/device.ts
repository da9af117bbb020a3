/** Which device this is, and how it meets the others: what the demo's server says. In an application, an account or an invitation would. */

/** What the server says of a device. */
export interface Device {
  readonly name: string
  /** The key of the database, which all devices share; the bucket never sees it. */
  readonly key: Uint8Array
  /** The address of the bucket. */
  readonly bucket: string
  /** Addresses of all devices. */
  readonly devices: readonly string[]
}

/** Asks the server. */
export async function readDevice(): Promise<Device> {
  const response = await fetch("/device.json")
  if (!response.ok) throw new Error(`The demo's server does not say which device this is (HTTP ${response.status})`)
  const said = (await response.json()) as Omit<Device, "key"> & { readonly key: string }
  return { ...said, key: Uint8Array.from(atob(said.key), (char) => char.charCodeAt(0)) }
}
