/** Rules on the checkout as a whole: what may be in it, dependencies, links between documents. */
import { posix } from "node:path"
import type { Rule } from "../source.ts"

/** A path that only one machine has, or an address of a package registry. */
const local = /(^|[\s"'`(=:])\/(work|root|home|Users)\/|https?:\/\/registry\./

const noLocalPaths: Rule = {
  name: "no path of a machine, no address of a registry",
  check: (tree) =>
    [...tree.texts].flatMap(([path, text]) =>
      text.split("\n").flatMap((line, index) => (local.test(line) ? [`${path}:${index + 1}`] : [])),
    ),
  bad: [
    { "docs/a.md": `See ${["", "home", "me"].join("/")}` },
    { ".npmrc": ["registry=https:/", "registry.example.org"].join("/") },
  ],
  good: [{ "docs/a.md": "See [the API](api/work/a.md) and https://example.org/home/a" }],
}

const lockfiles: Rule = {
  name: "one lockfile, without addresses",
  check: (tree) =>
    [...tree.texts].flatMap(([path, text]) => {
      if (/(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|bun\.lockb?|deno\.lock)$/.test(path)) return [path]
      return path.endsWith("pnpm-lock.yaml") && /https?:\/\//.test(text) ? [`${path} names a host`] : []
    }),
  bad: [{ "package-lock.json": "{}" }, { "pnpm-lock.yaml": "tarball: https://example.org/a.tgz" }],
  good: [{ "pnpm-lock.yaml": "lockfileVersion: '9.0'" }],
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const pinned: Rule = {
  name: "versions stand in the catalog of pnpm-workspace.yaml",
  check: (tree) =>
    [...tree.texts].flatMap(([path, text]) => {
      if (!path.endsWith("package.json")) return []
      const { dependencies, devDependencies } = JSON.parse(text) as Manifest
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, version]) => !/^(catalog:|workspace:\*$|npm:[^^~]*@\d+\.\d+\.\d+$)/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`)
    }),
  bad: [{ "packages/core/package.json": '{"dependencies":{"idb":"^8.0.0"}}' }],
  good: [{ "test/package.json": '{"devDependencies":{"idb":"catalog:","a":"npm:b@1.2.3","fixpoint":"workspace:*"}}' }],
}

const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]|[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-")

const headings = (text: string) => new Set([...text.matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? "")))
const withoutFences = (text: string) => text.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "")

const links: Rule = {
  name: "links between documents resolve",
  check: (tree) =>
    [...tree.texts]
      .filter(([path]) => path.endsWith(".md"))
      .flatMap(([path, text]) =>
        [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
          const [file = "", anchor] = (match[1] ?? "").split("#")
          if (/^[a-z]+:/.test(file)) return []
          const target = file ? posix.join(posix.dirname(path), file).replace(/\/$/, "") : path
          const page = tree.texts.get(target)
          const isFolder = [...tree.texts.keys()].some((known) => known.startsWith(`${target}/`))
          if (page === undefined) return isFolder ? [] : [`${path}: ${match[1]}`]
          return anchor && target.endsWith(".md") && !headings(page).has(anchor) ? [`${path}: ${match[1]}`] : []
        }),
      ),
  bad: [{ "README.md": "[a](docs/a.md)" }, { "README.md": "[a](docs/a.md#c)", "docs/a.md": "# B" }],
  good: [{ "README.md": "[a](docs/a.md#the-b-c) [d](docs) [e](https://example.org)", "docs/a.md": "# The `B` c" }],
}

export const checkoutRules: Rule[] = [noLocalPaths, lockfiles, pinned, links]
