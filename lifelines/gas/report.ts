import type { Choice } from "../contract.ts"

/** What a crew finds and does here, as it picks from in its report. */
export const report: { found: Choice[]; done: Choice[] } = {
  found: [
    { id: "weld", name: { zh: "焊口腐蚀", en: "Weld corroded" } },
    { id: "dug", name: { zh: "第三方挖断", en: "Dug up by others" } },
    { id: "valve", name: { zh: "阀门渗漏", en: "Valve leaking" } },
    { id: "marsh", name: { zh: "沼气", en: "Marsh gas" } },
    { id: "none", name: { zh: "未发现异常", en: "Nothing unusual" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
  done: [
    { id: "isolate", name: { zh: "关阀", en: "Valves closed" } },
    { id: "vent", name: { zh: "放散", en: "Vented" } },
    { id: "clamp", name: { zh: "抱箍", en: "Clamped" } },
    { id: "replace", name: { zh: "换管", en: "Pipe replaced" } },
    { id: "ventilate", name: { zh: "通风", en: "Ventilated" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
}
