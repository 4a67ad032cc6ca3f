/** Alarms, incidents, warnings, work orders. One open alarm per (rule, subject, cause) is the database's own rule. */
export const warningTables = {
  number: 5,
  name: "warning",
  up: [
    `create table warning_incident (
      id bigint generated always as identity primary key, code text not null unique, lifeline text not null,
      area_id bigint references census_area, title jsonb not null, opened_at bigint not null, closed_at bigint)`,
    `create table warning_alarm (
      id bigint generated always as identity primary key,
      rule text not null, rule_version integer not null, lifeline text not null, subject text not null, cause text not null,
      severity integer not null check (severity between 1 and 4), title jsonb not null, value jsonb,
      place jsonb not null, code text, lon double precision, lat double precision,
      asset_id bigint references census_asset, area_id bigint references census_area,
      owner_id bigint references access_organisation, point_id integer,
      condition text not null check (condition in ('raised', 'cleared')),
      since bigint not null, raised_at bigint not null, cleared_at bigint,
      acknowledged_at bigint, acknowledged_by text,
      verdict text not null default 'open' check (verdict in ('open', 'real', 'false_alarm', 'device_fault', 'planned_works')),
      reason text, verdict_note text, verdict_at bigint, verdict_by text, verdict_due_at bigint not null, escalated_at bigint,
      incident_id bigint references warning_incident, group_head_id bigint references warning_alarm)`,
    `create unique index warning_alarm_open on warning_alarm (rule, subject, cause) where condition = 'raised'`,
    `create index warning_alarm_raised on warning_alarm (raised_at)`,
    `create index warning_alarm_incident on warning_alarm (incident_id)`,
    `create table warning_alarm_history (
      id bigint generated always as identity primary key, alarm_id bigint not null references warning_alarm,
      city_time bigint not null, wall_time bigint not null, actor text not null, action text not null, detail jsonb not null)`,
    `create index warning_alarm_history_alarm on warning_alarm_history (alarm_id, id)`,
    `create table warning_warning (
      id bigint generated always as identity primary key, code text not null unique,
      incident_id bigint not null references warning_incident, alarm_id bigint not null references warning_alarm,
      state text not null check (state in ('draft', 'submitted', 'issued', 'lifted', 'expired')),
      severity integer not null, lifeline text not null, content jsonb not null, owner_id bigint references access_organisation,
      version integer not null, drafted_by text not null, drafted_by_id bigint, submitted_by_id bigint, drafted_at bigint not null,
      submitted_at bigint, issued_at bigint, lifted_at bigint, expires_at bigint, due_at bigint, escalated_at bigint)`,
    `create table warning_version (
      warning_id bigint not null references warning_warning, version integer not null, action text not null,
      content jsonb not null, signed_by_id bigint, signed_by text not null, city_time bigint not null, wall_time bigint not null,
      note text, primary key (warning_id, version))`,
    `create trigger warning_version_append_only before update or delete on warning_version
      for each row execute function refuse_change()`,
    `create table response_order (
      id bigint generated always as identity primary key, code text not null unique,
      warning_id bigint not null references warning_warning, incident_id bigint not null references warning_incident,
      alarm_id bigint not null references warning_alarm, owner_id bigint not null references access_organisation,
      severity integer not null, lifeline text not null, title text not null, state text not null,
      clock text, clock_starts_at bigint, clock_ends_at bigint, suspended_at bigint, escalated_at bigint,
      limits jsonb not null, marks jsonb not null default '[]', assigned_at bigint not null, closed_at bigint)`,
    `create index response_order_state on response_order (state, clock_ends_at)`,
    `create table response_event (
      id bigint generated always as identity primary key, order_id bigint not null references response_order,
      action text not null, from_state text, to_state text, limit_ms bigint,
      actor_id bigint, actor text not null, city_time bigint not null, wall_time bigint not null, note text, detail jsonb not null)`,
    `create index response_event_order on response_event (order_id, id)`,
    `create table response_photo (
      order_id bigint not null references response_order, hash text not null, type text not null,
      width integer not null, height integer not null, caption text, taken_by text not null,
      city_time bigint not null, wall_time bigint not null, primary key (order_id, hash))`,
  ],
  down: [
    "drop table response_photo, response_event, response_order, warning_version, warning_warning, warning_alarm_history, warning_alarm, warning_incident",
  ],
}
