export { type BrokerOptions, type MqttDoor, type MqttMessage, type MqttSession, openBroker } from "./broker.ts"
export { connectMqtt, type Incoming, type MqttClient } from "./client.ts"
export { openSubscriber } from "./subscriber.ts"
