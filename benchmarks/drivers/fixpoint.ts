import type { Driver } from "./driver.ts"
export const driver: Driver = {
  open: () => {
    throw new Error("not yet")
  },
}
