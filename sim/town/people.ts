/** Who works in the demo town: organisations and one account for every role. Names are names of roles. */
import type { TownOrganisation, TownPerson } from "./types.ts"

export const organisations: TownOrganisation[] = [
  { code: "centre", name: { zh: "城市生命线安全监测中心", en: "Lifeline Safety Centre" }, kind: "centre" },
  { code: "water", name: { zh: "自来水公司", en: "Water Company" }, kind: "owner" },
  { code: "gas", name: { zh: "燃气公司", en: "Gas Company" }, kind: "owner" },
  { code: "bridge", name: { zh: "市政桥梁管理处", en: "Bridge Administration" }, kind: "owner" },
  { code: "power", name: { zh: "供电公司", en: "Power Company" }, kind: "owner" },
  { code: "telecom", name: { zh: "通信公司", en: "Telecom Company" }, kind: "owner" },
  { code: "drainage", name: { zh: "排水公司", en: "Drainage Company" }, kind: "owner" },
  {
    code: "housing",
    name: { zh: "住房和城乡建设局", en: "Housing and Urban-Rural Development Bureau" },
    kind: "regulator",
  },
  { code: "emergency", name: { zh: "应急管理局", en: "Emergency Management Bureau" }, kind: "regulator" },
  { code: "repair", name: { zh: "管网抢修公司", en: "Network Repair Company" }, kind: "maintainer" },
]

export const people: TownPerson[] = [
  { login: "duty1", name: "值守员一号", role: "duty_officer", organisation: "centre", lifelines: "all" },
  { login: "duty2", name: "值守员二号", role: "duty_officer", organisation: "centre", lifelines: "all" },
  { login: "analyst", name: "分析师", role: "analyst", organisation: "centre", lifelines: "all" },
  { login: "leader", name: "值班长", role: "duty_leader", organisation: "centre", lifelines: "all" },
  { login: "water", name: "自来水公司调度", role: "owner_dispatcher", organisation: "water", lifelines: ["water"] },
  { login: "gas", name: "燃气公司调度", role: "owner_dispatcher", organisation: "gas", lifelines: ["gas"] },
  { login: "bridge", name: "桥梁管理处调度", role: "owner_dispatcher", organisation: "bridge", lifelines: ["bridge"] },
  { login: "crew-water", name: "供水抢修一队", role: "field_crew", organisation: "water", lifelines: ["water"] },
  { login: "crew-gas", name: "燃气抢修一队", role: "field_crew", organisation: "gas", lifelines: ["gas"] },
  { login: "regulator", name: "住建局监管员", role: "regulator", organisation: "housing", lifelines: "all" },
  { login: "emergency", name: "应急局监管员", role: "regulator", organisation: "emergency", lifelines: "all" },
  { login: "admin", name: "系统管理员", role: "administrator", organisation: "centre", lifelines: "all" },
  { login: "security", name: "安全管理员", role: "security_administrator", organisation: "centre", lifelines: "all" },
  { login: "auditor", name: "审计员", role: "auditor", organisation: "centre", lifelines: "all" },
  { login: "gateway", name: "网关接入", role: "integrator", organisation: "centre", lifelines: "all" },
]
