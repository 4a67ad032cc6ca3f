/** Devices, points, meters of areas, quarantine, and what detectors concluded. */
export const monitoringTables = {
  number: 4,
  name: "monitoring",
  up: [
    `create table monitoring_device (
      id bigint generated always as identity primary key, code text not null unique, name text not null,
      lifeline text not null, kind text not null, asset_id bigint references census_asset,
      gateway_id bigint references monitoring_device, owner_id bigint references access_organisation,
      batch_id bigint references census_batch, credential_hash text, simulated boolean not null default false,
      state text not null default 'never_heard' check (state in ('never_heard', 'online', 'silent')),
      state_since bigint, last_time bigint)`,
    `create table monitoring_device_event (
      id bigint generated always as identity primary key,
      device_id bigint not null references monitoring_device on delete cascade,
      state text not null, city_time bigint not null, wall_time bigint not null)`,
    `create index monitoring_device_event_device on monitoring_device_event (device_id, id)`,
    `create table monitoring_point (
      id integer generated always as identity primary key,
      device_id bigint not null references monitoring_device on delete cascade,
      indicator text not null, unit text not null, interval_ms bigint not null,
      value_kind text not null check (value_kind in ('instant', 'interval_mean', 'interval_total')),
      unique (device_id, indicator))`,
    `create table monitoring_area_meter (
      area_id bigint not null references census_area on delete cascade,
      point_id integer not null references monitoring_point on delete cascade,
      role text not null check (role in ('meter', 'tank')), sign integer not null default 1,
      ground_area_m2 double precision, primary key (area_id, point_id))`,
    `create table monitoring_quarantine (
      id bigint generated always as identity primary key, arrived_at bigint not null, door text not null,
      client text not null, topic text not null, code text not null, words jsonb not null,
      field text, value text, payload bytea not null)`,
    `create table analysis_finding (
      id bigint generated always as identity primary key,
      rule text not null, rule_version integer not null, lifeline text not null, subject text not null, cause text not null,
      phase text not null check (phase in ('raise', 'update', 'clear')), severity integer not null check (severity between 1 and 4),
      time bigint not null, since bigint not null, title jsonb not null, value jsonb, place jsonb not null, because jsonb not null,
      alarm_id bigint,
      unique (rule, subject, cause, time, phase))`,
    `create index analysis_finding_alarm on analysis_finding (alarm_id, time)`,
    `create table analysis_state (
      shard integer primary key, snapshot jsonb not null, batch bigint not null, saved_at bigint not null)`,
  ],
  down: [
    "drop table analysis_state, analysis_finding, monitoring_quarantine, monitoring_area_meter, monitoring_point, monitoring_device_event, monitoring_device",
  ],
}
