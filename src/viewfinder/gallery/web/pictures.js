// The pictures of a hosted page: <img> sends no token, so a service worker answers their addresses, and asks this page for its rights.

const WORKER = "/worker.js";
const PATIENCE_MS = 5000;

/** Resolves once the worker answers for this page. @param {(isRefused: boolean) => Promise<unknown>} rights */
export async function startPictures(rights) {
  const { serviceWorker: workers } = navigator;
  if (!workers) throw new Error("this browser has no service workers, or the page is not served by HTTPS.");
  workers.addEventListener("message", async ({ data, ports: [port] }) => data?.Wanted === "rights" && port?.postMessage(await rights(data.IsRefused)));
  const policy = window.trustedTypes?.createPolicy("worker", { createScriptURL: (/** @type {string} */ url) => (url === WORKER ? url : "") });
  const registration = await workers.register(/** @type {string} */ (policy?.createScriptURL(WORKER) ?? WORKER), { updateViaCache: "none" });
  workers.startMessages();
  if (workers.controller) return;
  const controls = new Promise((resolve) => workers.addEventListener("controllerchange", resolve, { once: true }));
  registration.active?.postMessage("control"); // a page that was reloaded by force has no worker
  await Promise.race([controls, new Promise((_, reject) => setTimeout(() => reject(new Error("their service worker does not start.")), PATIENCE_MS))]);
}
