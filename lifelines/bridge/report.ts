import type { Choice } from "../contract.ts"

/** What a crew finds and does here, as it picks from in its report. */
export const report: { found: Choice[]; done: Choice[] } = {
  found: [
    { id: "overload", name: { zh: "超载车辆", en: "Overloaded vehicle" } },
    { id: "impact", name: { zh: "车辆或船舶撞击", en: "Hit by a vehicle or ship" } },
    { id: "crack", name: { zh: "裂缝发展", en: "Crack grew" } },
    { id: "bearing", name: { zh: "支座脱空或损坏", en: "Bearing loose or damaged" } },
    { id: "joint", name: { zh: "伸缩缝损坏", en: "Joint damaged" } },
    { id: "cable", name: { zh: "拉索吊杆异常", en: "Cable or hanger at fault" } },
    { id: "wind", name: { zh: "风致振动", en: "Shaken by wind" } },
    { id: "works", name: { zh: "附近施工", en: "Works nearby" } },
    { id: "sensor", name: { zh: "传感器故障", en: "Sensor at fault" } },
    { id: "none", name: { zh: "未发现异常", en: "Nothing unusual" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
  done: [
    { id: "closed", name: { zh: "封闭桥梁", en: "Bridge closed" } },
    { id: "restricted", name: { zh: "限载限行", en: "Traffic restricted" } },
    { id: "tested", name: { zh: "应急检测", en: "Tested" } },
    { id: "repair", name: { zh: "修复", en: "Repaired" } },
    { id: "shored", name: { zh: "临时支撑", en: "Shored up" } },
    { id: "sensor", name: { zh: "更换或校准传感器", en: "Sensor changed or calibrated" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
}
