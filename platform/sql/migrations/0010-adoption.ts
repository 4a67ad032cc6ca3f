/** Values of devices that nobody has registered, kept until somebody does. */
export const adoptionTables = {
  number: 10,
  name: "adoption",
  up: [
    `create table monitoring_unknown (
      device text not null, indicator text not null, unit text, client text not null, door text not null,
      first_seen bigint not null, last_seen bigint not null, count bigint not null,
      last_time bigint not null, last_value double precision not null,
      readings jsonb not null, primary key (device, indicator))`,
  ],
  down: ["drop table monitoring_unknown"],
}
