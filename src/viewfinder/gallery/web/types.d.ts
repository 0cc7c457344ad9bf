// The documents of the REST API as the page reads them (infrastructure/openapi.yaml), and the page's own shapes.

export interface Named { Name: string }
export interface Confident extends Named { Confidence: number }
export interface Box { Left: number; Top: number; Width: number; Height: number }
export interface Point { X: number; Y: number }

export interface Label extends Confident {
  Source?: "PERSON" | "CLIP";
  Parents: Named[];
  Categories: Named[];
  Aliases: Named[];
  Instances: { BoundingBox: Box; Confidence: number }[];
}

export interface Text {
  Id: number;
  ParentId?: number;
  Type: "LINE" | "WORD";
  DetectedText: string;
  Confidence: number;
  Geometry: { BoundingBox: Box; Polygon: Point[] };
}

export interface ModerationLabel extends Confident { ParentName: string; TaxonomyLevel: number }

export interface Face { BoundingBox: Box; Confidence: number }

/** A face in the stack's collection. */
export interface PersonFace extends Face { FaceId: string; PersonId?: string; SuggestedPersonId?: string }
export interface FaceKey { ImageId: string; FaceId: string }
export interface FaceOnImage extends PersonFace { ImageId: string; Width: number; Height: number; AnalyzedAt: string }
export interface Person {
  PersonId: string;
  Count: number;
  Hidden: boolean;
  Name?: string;
  MergedInto?: string;
  Cover?: { Sha256: string; BoundingBox: Box; ImageId?: string };
}
/** What is said of faces, for `PATCH /faces`. */
export interface Said { Action: "ASSIGN" | "EXCLUDE" | "SPLIT" | "FORGET" | "RESET"; PersonId?: string; Name?: string }

export type Status = "ANALYZED" | "REJECTED" | "FAILED";

export interface Summary {
  ImageId: string;
  Status: Status;
  AnalyzedAt: string;
  TakenAt?: string;
  Moderated?: "true" | "false";
  Camera?: string;
  Hash?: string;
  Stack?: { Size: number; IsOpen: boolean }; // the page's own: of the picture on top of a burst
  Width?: number;
  Height?: number;
  Reason?: string;
  Labels: Confident[];
}

export interface Facts {
  TakenAt?: string;
  TakenOffset?: string;
  TakenAtSource?: "EXIF" | "NAME" | "FILE";
  Camera?: string;
  Lens?: string;
  ExposureTime?: number;
  FNumber?: number;
  IsoSpeed?: number;
  FocalLength?: number;
  Latitude?: number;
  Longitude?: number;
  Altitude?: number;
}

export interface Image extends Omit<Summary, "Labels"> {
  Size: number;
  ETag?: string;
  Sha256?: string;
  Format?: string;
  LabelModelVersion?: string;
  Message?: string;
  Facts?: Facts;
  Features?: string[];
  PendingFeatures?: string[];
  Texts?: Text[];
  Faces?: Face[];
  People?: PersonFace[];
  ModerationLabels?: ModerationLabel[];
  Corrections?: { Added: string[]; Removed: string[] };
  Labels: Label[];
}

/** An image whose picture was read. */
export type Measured = Image & { Width: number; Height: number };

/** Enough of an image to make the URL of its picture. */
export interface Pictured { ImageId: string; AnalyzedAt?: string }

/** What is known of an image before its record is here: the entry of a search, or no more than its key. */
export interface Known extends Pictured { Status?: Status; Width?: number; Height?: number; Format?: string; Moderated?: string; ModerationLabels?: ModerationLabel[] }

export interface Trashed { ImageId: string; DeletedAt: string; ExpiresAt: string; Bytes: number }
export interface Version { VersionId: string; LastModified: string; Bytes: number; IsLatest: boolean }
export interface Copy extends Pictured {
  AnalyzedAt: string;
  Bytes: number;
  Sha256: string;
  Format: string;
  Width: number;
  Height: number;
  Sharpness: number;
  TakenAt?: string;
}
export interface Alike {
  Kind: "EQUAL" | "NEAR";
  Keep: { ImageId: string; Reason: "PIXELS" | "SHARPNESS" | "TAKEN_AT" | "NAME" };
  Images: Copy[];
}
export interface LabelCount extends Named { Count: number; Parents: Named[]; MatchedBy?: string }
export interface CategoryCount extends Named { Count: number; Labels: number }
export interface Folder { Prefix: string; Count: number }

interface Paged { NextToken?: string }
export interface People extends Paged { People: Person[] }
export interface Faces extends Paged { Faces: FaceOnImage[] }
export interface Reading { ReadAs: string; Fit: string; Name: string; Query: string; RelatedTo?: string[] }
export interface Interpretation extends Partial<Reading> {
  Typed: string;
  Excluded: boolean;
  ReadAs: string;
  Alternatives?: Reading[];
  Suggestions?: string[];
}
export interface SimilarImage extends Summary { Similarity: number }
export interface Images extends Paged { Images: Summary[]; Interpretation?: Interpretation[] }
export interface Trash extends Paged { Images: Trashed[] }
export interface Duplicates extends Paged { Groups: Alike[]; Pending?: number }
export interface Statistics { Images: Record<Status | "Total", number>; Labels: number }

export interface Minute { Start: number; Images: number; LatencyP50: number | null; LatencyP95: number | null }
export interface Recent { ImageId: string; Seconds: number; Failed: boolean; Steps: { Name: string; Start: number; Seconds: number }[] }

/** How the page reaches the API: `rights` are a request's headers, and `renews` whether there are new ones where they were refused. */
export interface Access {
  rights: (isChange: boolean) => Promise<Record<string, string>>;
  renews: (error: Error & { status?: number; code?: string }, isChange: boolean) => Promise<boolean>;
}

declare global {
  /** https://www.w3.org/TR/trusted-types/; not in TypeScript's own library. */
  interface Window {
    trustedTypes?: { createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => { createScriptURL: (url: string) => unknown } };
  }
}

/** `/settings.json` of a hosted gallery: the login's address without a slash at its end, and the page's id there. */
export interface Login {
  Authority: string;
  ClientId: string;
}

export type Ability = "Uploads" | "Deletion" | "Trash" | "Versions" | "Similar" | "Words";

export interface Health {
  Features?: string[];
  Absent?: Partial<Record<Ability, string>>;
}

/** `/status.json` of the gallery's server. */
export interface StackStatus {
  Queue: { Waiting: number; InWork: number; Delayed: number } | null;
  DeadLetters: { Waiting: number } | null;
  SecondStage: { Waiting: number; InWork: number; Delayed: number } | null;
  SecondStageDeadLetters: { Waiting: number } | null;
  LastMinutes: { LatencyP50: number | null; LatencyP95: number | null };
  Minutes: Minute[];
  Recent: Recent[];
  Recovery: { State: string; Left: number; Images: number } | null;
}

export interface Corrections { Add?: string[]; Remove?: string[]; Undo?: string[] }

/** The search that the address holds; "" is no filter. */
export interface Search {
  q: string;
  label: string[];
  exclude: string[];
  text: string[];
  person: string[];
  excludePerson: string[];
  match: string;
  order: string;
  minConfidence: string;
  status: string;
  category: string;
  prefix: string;
  takenFrom: string;
  takenTo: string;
  camera: string;
  moderated: string;
}

export type View = "status" | "browse" | "trash" | "duplicates" | "people";

/** A button of a notice. */
export interface Action { label: string; act: () => unknown }

/** A button of a question: its value, its text and its style. */
export type Choice = [value: string, label: string, style: string];
export interface Answer { value: string; isForAll: boolean }

/** A file to upload, and its key. */
export interface Chosen { file: File; path: string }

/** How a grid is divided: the group of an image, its heading, and the heading above its only picture. */
export interface Grouping { of: (image: Summary) => string; text: (group: string) => string; short: (group: string) => string }

/** Images of one group that follow one another; `isHeaded` where the group begins with them. */
export interface Run { first: number; group: string | undefined; isHeaded: boolean; images: Summary[] }

/** A heading of the layout; `first` is the index of the group's first image. */
export interface Heading { top: number; left: number; width: number; group: string | undefined; first: number }
/** What a drop or a choice brings: files, what could not be read, and the hidden and system files and folders that are left out. */
export interface Picked { files: Chosen[]; unreadable: { path: string; reason: string }[]; leftOut: Set<string> }


/** What other parts do with the images that are shown. */
export interface Shown { remove: (imageIds: string[]) => void; show: (options: { again: boolean }) => unknown }

/** The elements of index.html that scripts look for, by their id. */
export interface Places {
  "choose-files": HTMLInputElement;
  "choose-folder": HTMLInputElement;
  beside: HTMLParagraphElement;
  chips: HTMLUListElement;
  completions: HTMLUListElement;
  count: HTMLParagraphElement;
  drop: HTMLDivElement;
  empty: HTMLDivElement;
  entrance: HTMLDivElement;
  filters: HTMLFormElement;
  fresh: HTMLButtonElement;
  gallery: HTMLElement;
  keys: HTMLDialogElement;
  grid: HTMLUListElement;
  least: HTMLOutputElement;
  match: HTMLFieldSetElement;
  moderated: HTMLLabelElement;
  main: HTMLElement;
  more: HTMLParagraphElement;
  page: HTMLElement;
  query: HTMLInputElement;
  question: HTMLDialogElement;
  rail: HTMLElement;
  selection: HTMLDivElement;
  "sign-out": HTMLButtonElement;
  status: HTMLElement;
  theme: HTMLButtonElement;
  "to-browse": HTMLAnchorElement;
  "to-people": HTMLAnchorElement;
  "to-status": HTMLAnchorElement;
  "to-trash": HTMLAnchorElement;
  toasts: HTMLDivElement;
  upload: HTMLButtonElement;
  uploads: HTMLElement;
  viewer: HTMLDialogElement;
}
