import type { Choice } from "../contract.ts"

/** What a crew finds and does here, as it picks from in its report. */
export const report: { found: Choice[]; done: Choice[] } = {
  found: [
    { id: "burst", name: { zh: "管体破裂", en: "Pipe burst" } },
    { id: "joint", name: { zh: "接口渗漏", en: "Joint leaking" } },
    { id: "valve", name: { zh: "阀门渗漏", en: "Valve leaking" } },
    { id: "dug", name: { zh: "第三方挖断", en: "Dug up by others" } },
    { id: "none", name: { zh: "未发现异常", en: "Nothing unusual" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
  done: [
    { id: "isolate", name: { zh: "关阀", en: "Valves closed" } },
    { id: "dig", name: { zh: "开挖", en: "Dug" } },
    { id: "clamp", name: { zh: "抱箍", en: "Clamped" } },
    { id: "replace", name: { zh: "换管", en: "Pipe replaced" } },
    { id: "flush", name: { zh: "冲洗", en: "Flushed" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
}
