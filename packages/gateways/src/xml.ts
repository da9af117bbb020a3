/**
 * The XML of object stores, read strictly. Owns: the small part of XML that S3 answers use: elements, text, the five entities,
 * numbered characters; attributes are read over. Invariant: one pass, without recursion, over input that is bounded before; what
 * is not of this part (document types, processing instructions, CDATA) is refused and not guessed at.
 */

/** An element. `text` is its own, without that of the elements in it. */
export interface XmlElement {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

const depthMax = 12

const prologue = /^\uFEFF?\s*(<\?xml[^<>]*\?>)?\s*/
/** An element's beginning or end, or the text up to the next one. */
const token = /<(\/?)([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y
const entity = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));|&/g
const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" } as const

/** The root element of a document; undefined when it is not of the part of XML that is read. */
export function parseXml(document: string): XmlElement | undefined {
  const top: XmlElement = { name: "", text: "", children: [] }
  const open: XmlElement[] = [top]
  let at = prologue.exec(document)?.[0].length ?? 0
  while (at < document.length) {
    token.lastIndex = at
    const match = token.exec(document)
    const parent = open.at(-1)
    if (match === null || parent === undefined) return undefined
    at = token.lastIndex
    const [, end, name = "", attributes, empty, text] = match
    if (text !== undefined) {
      const plain = unescape(text)
      if (plain === undefined || (parent === top && plain.trim() !== "")) return undefined
      parent.text += plain
    } else if (end === "/") {
      if (parent.name !== name || attributes !== "" || empty === "/" || parent === top) return undefined
      open.pop()
    } else {
      const element: XmlElement = { name, text: "", children: [] }
      parent.children.push(element)
      if (empty !== "/") open.push(element)
      if (open.length > depthMax || top.children.length > 1) return undefined
    }
  }
  return open.length === 1 ? top.children[0] : undefined
}

/** The text of the first child of a name; undefined when there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text
}

function unescape(text: string): string | undefined {
  if (!text.includes("&")) return text
  let isWrong = false
  const plain = text.replace(entity, (_, name?: keyof typeof entities, decimal?: string, hex?: string) => {
    if (name !== undefined) return entities[name]
    const point = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? "", 16)
    if (point > 0 && point <= 0x10ffff) return String.fromCodePoint(point)
    isWrong = true
    return ""
  })
  return isWrong ? undefined : plain
}
