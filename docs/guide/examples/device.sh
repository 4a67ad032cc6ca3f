#!/bin/sh
# A gateway that sends one message with the mosquitto clients (apt install mosquitto-clients):
#   HOST=127.0.0.1 PORT=1883 GATEWAY=gw-water PASSWORD=… ./device.sh '{"P-12": {"pressure_m": 31.4}}'
set -eu
: "${HOST:=127.0.0.1}" "${PORT:=1883}" "${GATEWAY:?}" "${PASSWORD:?}"

# What is refused comes here; this listener ends by itself after three seconds.
mosquitto_sub -h "$HOST" -p "$PORT" -u "$GATEWAY" -P "$PASSWORD" -t "v1/gateways/$GATEWAY/errors" -W 3 &
sleep 1

# -q 1: the command returns when the message is acknowledged. date +%s%3N is UTC milliseconds.
mosquitto_pub -h "$HOST" -p "$PORT" -u "$GATEWAY" -P "$PASSWORD" -q 1 \
  -t "v1/gateways/$GATEWAY/readings" -m "{\"time\": $(date +%s%3N), \"readings\": $1}"
echo "acknowledged"
wait || true
