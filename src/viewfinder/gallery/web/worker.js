// The service worker of a hosted gallery: it answers the pictures' addresses. It asks a page for its token, the API for the picture's presigned URL, and the bucket for the picture, without the token.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const PICTURES = "/content/";
const LAST = "last"; // the last content of a key, of a removed image too
const PATIENCE_MS = 10_000; // for a page that has to renew its token
const EARLY_MS = 10_000;
const MOST = 5000; // URLs that are known

const HEADERS = {
  // An object is a stranger's: opened by itself it may show its picture, and run nothing.
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

/** @typedef {{ Headers: Record<string, string>, Root: string }} Rights  what a page gives */
/** @typedef {{ url: string, expiresAt: number }} Place */

/** Address of a picture -> where its bucket has it. @type {Map<string, Place>} */
const places = new Map();

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => {
  if (event.data === "control") event.waitUntil(worker.clients.claim());
  if (event.data === "forget") places.clear(); // somebody signs out
});
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isPicture = event.request.method === "GET" && url.origin === worker.location.origin && url.pathname.startsWith(PICTURES);
  if (isPicture) event.respondWith(picture(url, event).catch((error) => failure(502, error.message)));
});

/** @type {(url: URL, event: FetchEvent) => Promise<Response>} */
async function picture(url, event) {
  const known = places.get(url.href);
  const place = known && Date.now() < known.expiresAt - EARLY_MS ? known : await placeOf(url, event.clientId);
  if (place instanceof Response) return place;
  keep(url.href, place);
  const found = await fetch(place.url, { credentials: "omit", referrerPolicy: "no-referrer", signal: event.request.signal });
  if (!found.ok) {
    places.delete(url.href);
    return failure(found.status, "The bucket has no such picture.");
  }
  const type = found.headers.get("Content-Type") ?? "application/octet-stream";
  return new Response(found.body, { headers: { ...HEADERS, "Content-Type": type } });
}

/** @type {(href: string, place: Place) => void} */
function keep(href, place) {
  places.set(href, place);
  const [oldest] = places.keys();
  if (places.size > MOST) places.delete(oldest);
}

/** Asks the API where a picture is; an answer to pass on where it is nowhere. @type {(url: URL, clientId: string) => Promise<Place | Response>} */
async function placeOf(url, clientId) {
  const key = url.pathname.slice(PICTURES.length);
  const rendition = url.searchParams.get("rendition") ?? "original";
  const path = rendition === LAST ? `/versions/${key}` : `/content/${key}?${new URLSearchParams({ rendition, redirect: "false" })}`;
  const answer = await ask(path, clientId);
  if (!answer.ok) return answer;
  const body = await answer.json();
  const { Url, ExpiresAt } = rendition === LAST ? (body.Versions[0] ?? {}) : body;
  if (!Url) return failure(404, "The picture does not exist.");
  return { url: Url, expiresAt: ExpiresAt ? Date.parse(ExpiresAt) : 0 };
}

/** Asks the API with the rights of a page; once more where its token was refused. @type {(path: string, clientId: string) => Promise<Response>} */
async function ask(path, clientId) {
  for (const isRefused of [false, true]) {
    const rights = await rightsOf(clientId, isRefused);
    if (!rights) return failure(401, "Sign in to the gallery to see its pictures.");
    const answer = await fetch(`${rights.Root}${path}`, { headers: rights.Headers, cache: "no-store" });
    if (answer.status !== 401 || isRefused) return answer;
  }
  throw new TypeError("unreachable");
}

/** The page that shows the picture gives its rights; where a picture is opened by itself, another page does. @type {(clientId: string, isRefused: boolean) => Promise<Rights | null>} */
async function rightsOf(clientId, isRefused) {
  const asking = clientId ? await worker.clients.get(clientId) : undefined;
  const own = asking && (await answerOf(asking, isRefused));
  if (own) return own;
  for (const page of await worker.clients.matchAll({ type: "window" })) {
    const answer = page.id === clientId ? null : await answerOf(page, isRefused);
    if (answer) return answer;
  }
  return null;
}

/** @type {(page: Client, isRefused: boolean) => Promise<Rights | null>} */
function answerOf(page, isRefused) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    page.postMessage({ Wanted: "rights", IsRefused: isRefused }, [port2]);
  });
}

/** @type {(status: number, message: string) => Response} */
const failure = (status, message) => new Response(message, { status, headers: { ...HEADERS, "Content-Type": "text/plain" } });
