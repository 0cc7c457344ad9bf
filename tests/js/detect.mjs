// Calls every operation as any JavaScript program would: node detect.mjs ENDPOINT PHOTO PORTRAIT. Prints the answers.
import { readFileSync } from "node:fs";
import {
  CompareFacesCommand,
  DetectFacesCommand,
  DetectLabelsCommand,
  DetectTextCommand,
  RekognitionClient,
} from "@aws-sdk/client-rekognition";

const [endpoint, photo, portrait] = process.argv.slice(2);
const client = new RekognitionClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "anyone", secretAccessKey: "anything" },
  maxAttempts: 1,
});

const image = { Bytes: readFileSync(photo) };
const face = { Bytes: readFileSync(portrait) };
/** @param {Uint8Array} bytes */
const labels = (bytes) =>
  client.send(new DetectLabelsCommand({ Image: { Bytes: bytes }, Features: ["GENERAL_LABELS", "IMAGE_PROPERTIES"] }));
/** @param {any} command  one of several, each with an answer of its own */
const answer = async (command) => {
  const { $metadata, ...document } = await client.send(command);
  return document;
};

console.log(
  JSON.stringify({
    response: await labels(image.Bytes),
    text: await answer(new DetectTextCommand({ Image: image })),
    faces: await answer(new DetectFacesCommand({ Image: face })),
    comparison: await answer(new CompareFacesCommand({ SourceImage: face, TargetImage: face })),
    refusal: await labels(Buffer.from("no image")).catch((error) => ({
      name: error.name,
      message: error.message,
      status: error.$metadata.httpStatusCode,
    })),
  }),
);
