export { type BrokerOptions, type MqttDoor, type MqttStats, noStats, openBroker } from "./broker.ts"
export { connectMqtt, type Incoming, type MqttClient } from "./client.ts"
export type { MqttMessage, MqttSession } from "./connection.ts"
export { openSubscriber } from "./subscriber.ts"
