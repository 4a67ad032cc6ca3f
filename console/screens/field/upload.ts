import { type ProblemView, urlOf } from "../../api.ts"
import { store } from "../../external.ts"
import { refetch } from "../response/orders.ts"

/** A photo on its way; it stays listed until the server has confirmed it. */
export type Upload = {
  key: number
  order_id: number
  file: File
  preview: string
  caption: string
  share: number
  problem: { zh: string; en: string } | null
}
export const uploads = store<readonly Upload[]>([])
const bytes_max = 12 * 1024 * 1024
const patience_ms = 120_000
let next_key = 1

const change = (key: number, values: Partial<Upload>): void =>
  uploads.set(uploads.get().map((u) => (u.key === key ? { ...u, ...values } : u)))
export function drop(key: number): void {
  const gone = uploads.get().find((u) => u.key === key)
  if (gone?.preview) URL.revokeObjectURL(gone.preview)
  uploads.set(uploads.get().filter((u) => u.key !== key))
}

/** Takes a photo from the camera: looks whether it can be read, then sends it. */
export async function add(order_id: number, file: File, caption: string): Promise<void> {
  const key = next_key++
  const upload: Upload = { key, order_id, file, preview: "", caption, share: 0, problem: null }
  uploads.set([...uploads.get(), upload])
  const problem = await problemOfFile(file)
  if (problem) return change(key, { problem })
  change(key, { preview: URL.createObjectURL(file) })
  send(key)
}

async function problemOfFile(file: File): Promise<Upload["problem"]> {
  if (file.size > bytes_max)
    return { zh: "照片超过 12 MB，请用较小的尺寸重拍", en: "The photo is over 12 MB; take it again in a smaller size" }
  if (!["image/jpeg", "image/png", "image/webp"].includes(file.type))
    return { zh: "这不是照片（只收 JPEG、PNG、WebP），请重拍", en: "Not a photo (JPEG, PNG or WebP); take it again" }
  try {
    const bitmap = await createImageBitmap(file)
    bitmap.close()
    return null
  } catch (error) {
    console.warn("photo cannot be read", error)
    return { zh: "照片损坏，打不开，请重拍", en: "The photo is broken and cannot be opened; take it again" }
  }
}

/** Sends or sends again; fetch tells no progress of an upload, so this is an XMLHttpRequest. */
export function send(key: number): void {
  const upload = uploads.get().find((u) => u.key === key)
  if (!upload) return
  change(key, { problem: null, share: 0 })
  const xhr = new XMLHttpRequest()
  xhr.open("POST", urlOf(`/api/response/orders/${upload.order_id}/photos`, { caption: upload.caption.slice(0, 60) }))
  xhr.setRequestHeader("x-mingmai", "1")
  xhr.setRequestHeader("content-type", upload.file.type)
  xhr.timeout = patience_ms
  xhr.upload.onprogress = (event) => {
    if (event.lengthComputable) change(key, { share: event.loaded / event.total })
  }
  const lost = () => change(key, { problem: { zh: "没有传上去，点一下重传", en: "Not sent; tap to send again" } })
  xhr.onerror = lost
  xhr.ontimeout = lost
  xhr.onload = () => {
    if (xhr.status >= 200 && xhr.status < 300) {
      drop(key)
      refetch()
      return
    }
    change(key, { problem: wordsOfAnswer(xhr) })
  }
  xhr.send(upload.file)
}

function wordsOfAnswer(xhr: XMLHttpRequest): { zh: string; en: string } {
  try {
    const said = JSON.parse(xhr.responseText) as ProblemView
    if (said.words) return said.words
  } catch (error) {
    console.warn("the answer to a photo is no JSON", error)
  }
  return { zh: `服务器答复 ${xhr.status}，点一下重传`, en: `The server answered ${xhr.status}; tap to send again` }
}
