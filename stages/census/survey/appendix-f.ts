/**
 * Names of features (…21nn) and appurtenances (…22nn) in the order of their serial numbers, for the water and sewer
 * subclasses of CJJ 61-2017 appendix F as published by an implementer (domain reference S26); other classes are not
 * known there, and a delivery's own code table always wins.
 */
const water_features = "弯头 三通 四通 变径 预留口 进水口 出水口 测流点 测压点 水质监测点 伸缩器 出地 盖堵"
const drain_features = "弯头 变径 预留口 进水口 出水口 出水闸 出地 三通 四通"
const supply = "沉淀池 水塔 水池 净化池 泵站 水源井"
const reuse =
  "窨井 消防栓 阀门 水表 污水井 雨水井 污箅 雨箅 溢流井 闸门井 跌水井 通风井 冲洗井 沉泥井 渗水井 出气井 水封井 沉淀池 水塔 水池 净化池 排水泵站 化粪池"

export const appendix_f: [class_code: string, prefix: string, features: string, appurtenances: string][] = [
  ["JY", "5101", water_features, `窨井 阀门 阀门井 阀门孔 水表 水表井 排气阀 排污阀 ${supply}`],
  [
    "SS",
    "5102",
    "弯头 三通 四通 变径 预留口 进水口 出水口 测流点 测压点 水质监测点 伸缩器 停止塞 变材 转折点 出地 盖堵",
    "窨井 消防栓 阀门 阀门井 阀门孔 水表 水表井 地下消防栓 消防井 消防栓 带阀泄气 止回阀 排气阀 排污阀 沉淀池 水塔 水池 净化池 泄气 水表集 泵站 水厂出水 增压站出水 水源井",
  ],
  ["ZS", "5103", water_features, reuse],
  ["JP", "5104", water_features, `窨井 消防栓 消防井 阀门 阀门井 阀门孔 水表 水表井 排气阀 排污阀 ${supply}`],
  ["JZ", "5105", water_features, `窨井 消防栓 消防井 阀门 阀门井 阀门孔 水表 水表井 排水阀 排污阀 ${supply} 沉淀池`],
  ["XS", "5106", water_features, `窨井 消防栓 消防井 阀门 阀门井 阀门孔 水表 水表井 排水阀 排污阀 ${supply}`],
  ["LS", "5107", water_features, reuse],
  ["JH", "5108", "弯头 三通 四通 变径 预留口 进水口 出水口 测流点 测压点 水质监测点 伸缩器 出地", reuse],
  [
    "YS",
    "5201",
    drain_features,
    "窨井 检修井 出气井 雨水箅 雨水井 溢流井 闸门井 跌水井 通风井 冲洗井 沉泥井 渗水井 水封井 沉淀池 化粪池 净化池 压力调节塔 地下井室 泵站",
  ],
  [
    "WS",
    "5202",
    drain_features,
    "窨井 检修井 出气井 污水箅 污水井 溢流井 闸门井 跌水井 通风井 冲洗井 沉泥井 渗水井 水封井 沉淀池 化粪池 净化池 压力调节塔 污水处理场 隔油池 地下井室 泵站",
  ],
  [
    "HS",
    "5203",
    drain_features,
    "窨井 检修井 出气井 雨水井 污水井 雨箅 污箅 溢流井 闸门井 跌水井 通风井 冲洗井 沉泥井 渗水井 水封井 沉淀池 化粪池 净化池 压力调节塔 隔油池 地下井室 泵站",
  ],
]
