/** Light or dark: the system's choice until the reader makes one. Owns: the choice. */

const place = "cities-theme"

/** Applies the kept choice and lets `button` change it; `changed` is told whenever the colours are others. */
export function followTheme(button: HTMLButtonElement, changed: () => void): void {
  const root = document.documentElement
  const system = matchMedia("(prefers-color-scheme: dark)")
  const kept = localStorage.getItem(place)
  if (kept) root.dataset["theme"] = kept
  button.addEventListener("click", () => {
    const now = root.dataset["theme"] ?? (system.matches ? "dark" : "light")
    const next = now === "dark" ? "light" : "dark"
    root.dataset["theme"] = next
    localStorage.setItem(place, next)
    changed()
  })
  system.addEventListener("change", changed)
}
