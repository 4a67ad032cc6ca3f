import type { Words } from "./result.ts"

/** Roles a grant can give; permissions follow from the table, never from the role's name in code. */
export const roles = [
  "duty_officer",
  "analyst",
  "duty_leader",
  "owner_dispatcher",
  "field_crew",
  "regulator",
  "administrator",
  "security_administrator",
  "auditor",
  "integrator",
] as const
export type Role = (typeof roles)[number]

export const roleNames: Record<Role, Words> = {
  duty_officer: { zh: "值守员", en: "Duty officer" },
  analyst: { zh: "分析师", en: "Analyst" },
  duty_leader: { zh: "值班长", en: "Duty leader" },
  owner_dispatcher: { zh: "权属单位调度", en: "Owner dispatcher" },
  field_crew: { zh: "抢修队", en: "Field crew" },
  regulator: { zh: "监管人员", en: "Regulator" },
  administrator: { zh: "系统管理员", en: "System administrator" },
  security_administrator: { zh: "安全管理员", en: "Security administrator" },
  auditor: { zh: "审计员", en: "Auditor" },
  integrator: { zh: "对接系统", en: "Integrated system" },
}

/**
 * Permissions; every route names one. System, security and audit administration are three separate ones (三员分立):
 * settings.write, access.write and audit.read are never held by one role.
 */
export const permissions = {
  "map.read": ["duty_officer", "analyst", "duty_leader", "owner_dispatcher", "field_crew", "regulator"],
  "census.read": [
    "duty_officer",
    "analyst",
    "duty_leader",
    "owner_dispatcher",
    "field_crew",
    "regulator",
    "integrator",
  ],
  "census.write": ["administrator"],
  "census.import": ["administrator", "analyst"],
  /** The second person: whoever approves a change of the census is never the one who submitted it. */
  "census.approve": ["administrator", "duty_leader"],
  "census.export": ["analyst", "duty_leader", "regulator", "integrator"],
  "risk.read": ["duty_officer", "analyst", "duty_leader", "owner_dispatcher", "regulator"],
  "readings.read": [
    "duty_officer",
    "analyst",
    "duty_leader",
    "owner_dispatcher",
    "field_crew",
    "regulator",
    "integrator",
  ],
  "readings.write": ["integrator"],
  "readings.export": ["analyst", "duty_leader", "regulator", "integrator"],
  "readings.sql": ["analyst", "integrator"],
  "devices.read": ["duty_officer", "analyst", "duty_leader", "owner_dispatcher", "regulator", "administrator"],
  "quarantine.read": ["analyst", "duty_leader", "administrator", "integrator"],
  "alarms.read": [
    "duty_officer",
    "analyst",
    "duty_leader",
    "owner_dispatcher",
    "field_crew",
    "regulator",
    "integrator",
  ],
  "alarms.judge": ["duty_officer", "analyst", "duty_leader"],
  "warnings.read": [
    "duty_officer",
    "analyst",
    "duty_leader",
    "owner_dispatcher",
    "field_crew",
    "regulator",
    "integrator",
  ],
  "warnings.draft": ["duty_officer", "analyst", "duty_leader"],
  "warnings.issue": ["duty_leader"],
  "orders.read": ["duty_officer", "analyst", "duty_leader", "owner_dispatcher", "field_crew", "regulator"],
  "orders.dispatch": ["duty_officer", "duty_leader"],
  "orders.act": ["owner_dispatcher", "field_crew"],
  "orders.recheck": ["duty_officer", "analyst", "duty_leader"],
  "reports.read": ["duty_officer", "analyst", "duty_leader", "regulator"],
  "clock.drive": ["duty_officer", "analyst", "duty_leader", "administrator"],
  "operate.read": ["analyst", "duty_leader", "administrator"],
  "settings.read": ["administrator", "security_administrator", "auditor"],
  "settings.write": ["administrator"],
  "access.read": ["security_administrator", "auditor"],
  "access.write": ["security_administrator"],
  "audit.read": ["auditor"],
  "federation.read": ["duty_leader", "regulator", "administrator"],
  self: [...roles],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions
export const may = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role)
