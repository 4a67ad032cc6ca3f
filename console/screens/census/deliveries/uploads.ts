import type { ProblemView } from "../../../api.ts"
import { urlOf } from "../../../api.ts"
import { store } from "../../../external.ts"
import { askAgain, base, lost, problemOf } from "./desk.ts"

/** A file on its way; it stays listed until the server has taken it or somebody takes it off. */
export type Upload = {
  key: number
  delivery_id: number
  file: File
  name: string
  sent_bytes: number
  state: "waiting" | "sending" | "failed"
  problem: ProblemView | null
}
export const uploads = store<readonly Upload[]>([])
const at_once = 2
const files_max = 2_000
const running = new Map<number, XMLHttpRequest>()
let next_key = 1

const change = (key: number, values: Partial<Upload>): void =>
  uploads.set(uploads.get().map((u) => (u.key === key ? { ...u, ...values } : u)))

export type Given = { file: File; name: string }
/** Puts files into the queue; two are sent at a time. How many were left off because of the limit. */
export function add(delivery_id: number, given: readonly Given[]): number {
  const room = Math.max(0, files_max - uploads.get().length)
  const taken = given.slice(0, room).map(
    ({ file, name }): Upload => ({
      key: next_key++,
      delivery_id,
      file,
      name,
      sent_bytes: 0,
      state: "waiting",
      problem: null,
    }),
  )
  uploads.set([...uploads.get(), ...taken])
  next()
  return given.length - taken.length
}

/** Takes a file off the queue; one that is being sent is broken off. */
export function drop(key: number): void {
  running.get(key)?.abort()
  running.delete(key)
  uploads.set(uploads.get().filter((u) => u.key !== key))
  next()
}
export function again(key: number): void {
  change(key, { state: "waiting", sent_bytes: 0, problem: null })
  next()
}

function next(): void {
  while (running.size < at_once) {
    const upload = uploads.get().find((u) => u.state === "waiting" && !running.has(u.key))
    if (!upload) return
    send(upload)
  }
}

/** fetch tells no progress of an upload, so this is an XMLHttpRequest. */
function send({ key, delivery_id, file, name }: Upload): void {
  const xhr = new XMLHttpRequest()
  running.set(key, xhr)
  change(key, { state: "sending" })
  xhr.open("POST", urlOf(`${base}/${delivery_id}/files`, { file_name: name }))
  xhr.setRequestHeader("x-mingmai", "1")
  xhr.setRequestHeader("content-type", "application/octet-stream")
  xhr.upload.onprogress = (event) => change(key, { sent_bytes: event.loaded })
  const ended = (problem: ProblemView | null) => {
    running.delete(key)
    if (problem) change(key, { state: "failed", problem })
    else uploads.set(uploads.get().filter((u) => u.key !== key))
    askAgain()
    next()
  }
  xhr.onerror = () => ended(lost)
  xhr.onload = () => ended(xhr.status >= 200 && xhr.status < 300 ? null : problemOf(answerOf(xhr), xhr.status))
  xhr.send(file)
}

function answerOf(xhr: XMLHttpRequest): unknown {
  try {
    return JSON.parse(xhr.responseText)
  } catch (error) {
    console.warn("the answer to a file is no JSON", error)
    return null
  }
}

/** Files of a drop, folders opened, each under its path within what was dropped. */
export async function droppedFiles(items: DataTransferItemList): Promise<Given[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const found: Given[] = []
  for (const entry of entries) await collect(entry, "", found)
  return found
}
async function collect(entry: FileSystemEntry, path: string, found: Given[]): Promise<void> {
  if (found.length >= files_max || entry.name.startsWith(".")) return
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))
    found.push({ file, name: path + entry.name })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A folder is read in pieces; an empty one is its end.
    const piece = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed))
    if (piece.length === 0) return
    for (const inner of piece) await collect(inner, `${path}${entry.name}/`, found)
  }
}
/** Files that a person picked; of a folder each comes with its path. */
export const pickedFiles = (list: FileList | null): Given[] =>
  [...(list ?? [])]
    .filter((file) => !file.name.startsWith("."))
    .map((file) => ({ file, name: file.webkitRelativePath || file.name }))
