/** fixpoint/list: lists that several devices edit, over fields of documents. Nothing of it is loaded by who does not import it. */
export { itemsOf, type ListItem, type ListPlace, type StoredList } from "./list/items.ts"
export { type List, type ListField, listIn } from "./list/list.ts"
