/** Elements of OpenStreetMap files (.osm.pbf and .osm XML), one after the other. */

import { promisify } from "node:util"
import { inflate } from "node:zlib"
import { parse } from "osm-pbf-parser-node"
import { PbfReader } from "pbf"
import type { Source } from "./builder.ts"
import { openCursor } from "./cursor.ts"
import { unreadable } from "./refuse.ts"
import { bytesOf, textOf } from "./text.ts"
import { attribute, createXml } from "./xml.ts"

export type Tags = Record<string, string>
export type Member = { type: string; ref: number; role: string }
export type OsmElements = {
  node?(id: number, lon: number, lat: number, tags: Tags | null): void
  way?(id: number, refs: number[], tags: Tags | null): void
  relation?(id: number, members: Member[], tags: Tags | null): void
}

/** Limits of the format (wiki.openstreetmap.org/wiki/PBF_Format): a header has 64 KiB, a block 32 MiB at most. */
const header_bytes_max = 64 * 1024
const block_bytes_max = 32 * 1024 ** 2
/** Refs and members of one element: OSM allows 2,000 nodes a way and 32,000 members a relation. */
const refs_max = 200_000
const unzip = promisify(inflate)

/** Walks all elements of a file; `packed` says whether it is PBF. */
export const scanOsm = (source: Source, packed: boolean, on: OsmElements): Promise<void> =>
  packed ? scanPbf(source, on) : scanXml(source, on)

const broken = (file: string, zh: string, en: string) =>
  unreadable(file, `OSM 数据${zh}；请重新下载`, `its OSM data ${en}; download it again`)

type Blob = { raw: Uint8Array | null; packed: Uint8Array | null }

async function scanPbf(source: Source, on: OsmElements): Promise<void> {
  const { file, options } = source
  const cursor = await openCursor(source.path)
  try {
    let blocks = 0
    while (cursor.position() < cursor.size) {
      options.signal?.throwIfAborted()
      const prefix = await cursor.peek(4)
      const header_bytes = prefix.length < 4 ? 0 : prefix.readUInt32BE(0)
      if (header_bytes === 0 || header_bytes > header_bytes_max)
        throw broken(file, "的块头无效或不完整", "has an invalid block header")
      cursor.skip(4)
      const header = await cursor.peek(header_bytes)
      const { type, bytes } = new PbfReader(header).readFields(
        (tag, to: { type: string; bytes: number }, pbf) => {
          if (tag === 1) to.type = pbf.readString()
          else if (tag === 3) to.bytes = pbf.readVarint()
        },
        { type: "", bytes: 0 },
      )
      cursor.skip(header_bytes)
      if (
        !/^OSM(Header|Data)$/.test(type) ||
        bytes <= 0 ||
        bytes > block_bytes_max ||
        cursor.position() + bytes > cursor.size
      )
        throw broken(file, `在第 ${blocks + 1} 块处中断或损坏`, `is cut short or damaged at block ${blocks + 1}`)
      const body = await cursor.peek(bytes)
      cursor.skip(bytes)
      blocks++
      if (type !== "OSMData") continue
      const blob = new PbfReader(body).readFields(
        (tag, to: Blob, pbf) => {
          if (tag === 1) to.raw = pbf.readBytes()
          else if (tag === 3) to.packed = pbf.readBytes()
        },
        { raw: null, packed: null } as Blob,
      )
      if (!blob.packed && !blob.raw) throw broken(file, "的压缩方式不支持", "is packed in a way that is not read")
      const data = blob.packed ? await unzip(blob.packed, { maxOutputLength: block_bytes_max }) : Buffer.from(blob.raw!)
      emit(parse(data, { withTags: true, withInfo: false }) as Element[], on)
    }
    if (blocks === 0) throw broken(file, "为空", "is empty")
  } finally {
    await cursor.close()
  }
}

type Element =
  | { type: "node"; id: number; lat: number; lon: number; tags?: Tags }
  | { type: "way"; id: number; refs: number[]; tags?: Tags }
  | { type: "relation"; id: number; members: Member[]; tags?: Tags }

function emit(elements: Element[], on: OsmElements): void {
  for (const e of elements) {
    if (e.type === "node") on.node?.(e.id, e.lon, e.lat, e.tags ?? null)
    else if (e.type === "way") on.way?.(e.id, e.refs, e.tags ?? null)
    else on.relation?.(e.id, e.members, e.tags ?? null)
  }
}

async function scanXml(source: Source, on: OsmElements): Promise<void> {
  let kind: "" | "node" | "way" | "relation" = ""
  let id = 0
  let lon = 0
  let lat = 0
  let tags: Tags | null = null
  let refs: number[] = []
  let members: Member[] = []
  let root = ""
  const xml = createXml(source.file, {
    open(name, attributes) {
      if (root === "") {
        root = name
        if (name !== "osm") throw broken(source.file, "的根元素不是 osm", "has a root element other than osm")
      }
      switch (name) {
        case "node":
        case "way":
        case "relation":
          kind = name
          id = Number(attribute(attributes, "id"))
          tags = null
          refs = []
          members = []
          if (kind === "node" && on.node) {
            lon = Number(attribute(attributes, "lon") ?? Number.NaN)
            lat = Number(attribute(attributes, "lat") ?? Number.NaN)
          }
          break
        case "tag":
          if (kind === "" || !on[kind]) break
          tags ??= {}
          tags[attribute(attributes, "k") ?? ""] = attribute(attributes, "v") ?? ""
          break
        case "nd":
          if (on.way && refs.length < refs_max) refs.push(Number(attribute(attributes, "ref")))
          break
        case "member":
          if (on.relation && members.length < refs_max)
            members.push({
              type: attribute(attributes, "type") ?? "",
              ref: Number(attribute(attributes, "ref")),
              role: attribute(attributes, "role") ?? "",
            })
          break
      }
    },
    close(name) {
      if (name !== kind) return
      if (kind === "node" && Number.isFinite(lon) && Number.isFinite(lat)) on.node?.(id, lon, lat, tags)
      else if (kind === "way") on.way?.(id, refs, tags)
      else if (kind === "relation") on.relation?.(id, members, tags)
      kind = ""
    },
    text() {},
  })
  for await (const text of textOf(bytesOf(source.path, source.options.signal), "utf-8")) {
    source.options.signal?.throwIfAborted()
    xml(text)
  }
  xml(null)
}
