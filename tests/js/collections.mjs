// Calls each operation on collections as any JavaScript program would: node collections.mjs ENDPOINT PORTRAIT.
import { readFileSync } from "node:fs";
import * as rekognition from "@aws-sdk/client-rekognition";

const [endpoint, portrait] = process.argv.slice(2);
const client = new rekognition.RekognitionClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "anyone", secretAccessKey: "anything" },
  maxAttempts: 1,
});

/** @type {Record<string, any>} */
const commands = rekognition;
/** @type {Record<string, any>} */
const answers = {};
/** @type {(operation: string, request?: object) => Promise<any>} */
const call = async (operation, request = {}) => {
  const { $metadata, ...document } = await client.send(new commands[`${operation}Command`](request));
  answers[operation] = document;
  return document;
};

const CollectionId = "javascript";
const Image = { Bytes: readFileSync(portrait) };
const user = { CollectionId, UserId: "eileen" };
const { CollectionArn: ResourceArn } = await call("CreateCollection", { CollectionId });
await call("TagResource", { ResourceArn, Tags: { stage: "test", owner: "eileen" } });
await call("UntagResource", { ResourceArn, TagKeys: ["owner"] });
await call("ListTagsForResource", { ResourceArn });
await call("ListCollections");
const { FaceRecords } = await call("IndexFaces", { CollectionId, Image, ExternalImageId: "eileen" });
const { FaceId } = FaceRecords[0].Face;
await call("IndexFaces", { CollectionId, Image, ExternalImageId: "again" });
await call("ListFaces", { CollectionId });
await call("SearchFaces", { CollectionId, FaceId });
await call("SearchFacesByImage", { CollectionId, Image });
await call("CreateUser", user);
await call("AssociateFaces", { ...user, FaceIds: [FaceId] });
await call("ListUsers", { CollectionId });
await call("SearchUsers", { CollectionId, FaceId });
await call("SearchUsersByImage", { CollectionId, Image });
await call("DescribeCollection", { CollectionId });
await call("DisassociateFaces", { ...user, FaceIds: [FaceId] });
await call("DeleteUser", user);
await call("DeleteFaces", { CollectionId, FaceIds: [FaceId] });
await call("DeleteCollection", { CollectionId });
answers.refusal = await call("DescribeCollection", { CollectionId }).catch(({ name, message }) => ({ name, message }));
answers.faceId = FaceId;
console.log(JSON.stringify(answers));
