// Calls DetectLabels as any JavaScript program would: node detect.mjs ENDPOINT PHOTO. Prints the response, then an error.
import { readFileSync } from "node:fs";
import { DetectLabelsCommand, RekognitionClient } from "@aws-sdk/client-rekognition";

const [endpoint, photo] = process.argv.slice(2);
const client = new RekognitionClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "anyone", secretAccessKey: "anything" },
  maxAttempts: 1,
});

const send = (bytes) =>
  client.send(new DetectLabelsCommand({ Image: { Bytes: bytes }, Features: ["GENERAL_LABELS", "IMAGE_PROPERTIES"] }));

const response = await send(readFileSync(photo));
const refusal = await send(Buffer.from("no image")).catch((error) => ({
  name: error.name,
  message: error.message,
  status: error.$metadata.httpStatusCode,
}));
console.log(JSON.stringify({ response, refusal }));
