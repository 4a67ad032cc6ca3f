/** Names of a delivery's files. */
import { createHash } from "node:crypto"
import type { DeliveryFile } from "./types.ts"

/** A file of a later upload stands in a folder of its own, so that a row's address never means two rows. */
export const nameOf = (file: Pick<DeliveryFile, "upload" | "file_name">): string =>
  file.upload === 0 ? file.file_name : `upload-${file.upload}/${file.file_name}`

/** One name for all files of a delivery, whatever they are called and in which order they came. */
export const contentHash = (files: readonly Pick<DeliveryFile, "hash">[]): string =>
  createHash("sha256")
    .update([...new Set(files.map((file) => file.hash))].sort().join("\n"))
    .digest("hex")
