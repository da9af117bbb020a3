/**
 * The editor of a note: ProseMirror over a text of the database, through its binding to Yjs. Owns: what can be written (blocks,
 * lists, emphasis), and the commands for it. Must not know how texts are stored or travel.
 */
import type { Text } from "fixpoint"
import { baseKeymap, chainCommands, setBlockType, toggleMark } from "prosemirror-commands"
import { keymap } from "prosemirror-keymap"
import { type NodeType, Schema } from "prosemirror-model"
import { schema as basic } from "prosemirror-schema-basic"
import { addListNodes, liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list"
import { type Command, EditorState } from "prosemirror-state"
import { EditorView } from "prosemirror-view"
import { yCursorPlugin, ySyncPlugin } from "y-prosemirror"

const schema = new Schema({
  nodes: addListNodes(basic.spec.nodes, "paragraph block*", "block"),
  marks: basic.spec.marks,
})

function node(name: string): NodeType {
  const type = schema.nodes[name]
  if (!type) throw new Error(`The schema has no ${name}`)
  return type
}

function emphasis(name: string): Command {
  const type = schema.marks[name]
  if (!type) throw new Error(`The schema has no ${name}`)
  return toggleMark(type)
}

const paragraph = setBlockType(node("paragraph"))
const item = node("list_item")

/** What the buttons do. */
export const commands = {
  bold: emphasis("strong"),
  italic: emphasis("em"),
  code: emphasis("code"),
  heading: chainCommands(setBlockType(node("heading"), { level: 2 }), paragraph),
  list: chainCommands(wrapInList(node("bullet_list")), liftListItem(item)),
} as const

/** Where another tab's cursor is, with its name. */
function cursorOf({ name }: { readonly name?: string }): HTMLElement {
  const cursor = document.createElement("span")
  cursor.className = "cursor"
  const label = document.createElement("b")
  label.textContent = name ?? "somebody"
  cursor.append(label)
  return cursor
}

/** Edits a text in an element of the page. */
export function editNote(place: HTMLElement, text: Text): EditorView {
  const keys = keymap({
    "Mod-b": commands.bold,
    "Mod-i": commands.italic,
    Enter: splitListItem(item),
    Tab: sinkListItem(item),
    "Shift-Tab": liftListItem(item),
  })
  const root = text.ytype as Parameters<typeof ySyncPlugin>[0]
  const plugins = [
    ySyncPlugin(root),
    yCursorPlugin(text.awareness, { cursorBuilder: cursorOf }),
    keys,
    keymap(baseKeymap),
  ]
  return new EditorView(place, {
    state: EditorState.create({ schema, plugins }),
    attributes: { role: "textbox", "aria-multiline": "true", "aria-label": "Note" },
  })
}
