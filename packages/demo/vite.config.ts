// The page as Vite builds it. Everything it needs is in the folder `dist`; nothing is loaded from elsewhere.
import { join } from "node:path"
import { defineConfig } from "vite"

export default defineConfig({
  root: import.meta.dirname,
  publicDir: ".cache/public",
  clearScreen: false,
  build: {
    target: "es2022",
    rolldownOptions: {
      input: ["index.html", "notes.html", "both.html"].map((page) => join(import.meta.dirname, page)),
    },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  worker: { format: "es" },
})
