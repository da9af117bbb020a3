import fc from "fast-check"
import { expect, test } from "vitest"
import { parseXml, textOf, type XmlElement } from "./xml.ts"

const list = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated>
<Contents><Key>p/0/a</Key><ETag>&quot;3f&#x41;&#66;&quot;</ETag><Size>12</Size><Owner><ID>t</ID></Owner></Contents>
<Contents><Key>p/1/b</Key><Size>0</Size><StorageClass/></Contents></ListBucketResult>`

test("a list of a bucket is read", () => {
  const root = parseXml(list)
  expect(root?.name).toBe("ListBucketResult")
  expect(root && textOf(root, "IsTruncated")).toBe("false")
  const contents = root?.children.filter(({ name }) => name === "Contents") ?? []
  expect(contents.map((one) => [textOf(one, "Key"), textOf(one, "Size"), textOf(one, "ETag")])).toEqual([
    ["p/0/a", "12", '"3fAB"'],
    ["p/1/b", "0", undefined],
  ])
})

test("an error without a declaration is read", () => {
  const root = parseXml("<Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp; c</Message></Error>\n")
  expect(root && [textOf(root, "Code"), textOf(root, "Message")]).toEqual(["NoSuchKey", "a <b> & c"])
})

test.each([
  "",
  "text",
  "<a>",
  "</a>",
  "<a></b>",
  "<a/><b/>",
  "<a>x</a>y",
  "y<a>x</a>",
  "<a b></a>",
  "<a b=1/>",
  "<a>&unknown;</a>",
  "<a>& b</a>",
  "<a>&#0;</a>",
  "<a>&#1114112;</a>",
  "<a><!-- b --></a>",
  "<a><![CDATA[b]]></a>",
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  "<?xml version='1.0'?><?run this?><a/>",
  "<html><body><p>Sign in<br></body></html>",
  "<a>".repeat(1000),
])("%s is refused", (text) => {
  expect(parseXml(text)).toBeUndefined()
})

test("elements stand within each other up to a bound, whatever follows", () => {
  const nested = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth)
  expect(parseXml(nested(11))?.name).toBe("a")
  for (const depth of [12, 13, 1000, 100_000]) expect(parseXml(nested(depth))).toBeUndefined()
})

const elements = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.record({
    name: fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/),
    text: fc.string({ unit: "grapheme", maxLength: 10 }).filter((text) => !/[\0\uFFFE\uFFFF]/.test(text)),
    children: fc.oneof(
      { depthSize: "small" },
      fc.constant<XmlElement[]>([]),
      fc.array(tie("element"), { maxLength: 3 }),
    ),
  }),
})).element

const escaped = (text: string) =>
  text.replaceAll(/[&<>"']/g, (char) => (char === "&" ? "&amp;" : `&#${char.charCodeAt(0)};`))
const written = ({ name, text, children }: XmlElement): string =>
  `<${name} a="b">${escaped(text)}${children.map(written).join("")}</${name}>`
const depthOf = ({ children }: XmlElement): number => 1 + Math.max(0, ...children.map(depthOf))

test("what is written comes back", () => {
  fc.assert(
    fc.property(elements, (element) => {
      if (depthOf(element) < 12) expect(parseXml(written(element))).toEqual(element)
    }),
  )
})

const scrap = fc.constantFrom(
  "<",
  ">",
  "/",
  "a",
  "<a>",
  "</a>",
  "<a/>",
  " ",
  '"',
  "'",
  "=",
  "&",
  ";",
  "&amp;",
  "&#",
  "<?xml",
  "?>",
  "<!--",
)

test("whatever comes is read or refused, in one pass", () => {
  fc.assert(fc.property(fc.array(scrap, { maxLength: 60 }), (scraps) => void parseXml(scraps.join(""))))
  for (const evil of [
    "<a" + " b='c'".repeat(200_000),
    "<a " + " ".repeat(400_000),
    "<a>" + "&".repeat(400_000),
    "&#".repeat(200_000),
    "<".repeat(400_000),
    "<?xml" + " ".repeat(400_000),
    " ".repeat(400_000),
    `<a ${"b=".repeat(200_000)}`,
  ])
    expect(parseXml(evil)).toBeUndefined()
}, 10_000)
