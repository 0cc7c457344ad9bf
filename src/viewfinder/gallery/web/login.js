// The login of a hosted gallery: authorization code with PKCE (RFC 7636). Tokens are kept in this page's memory, and nowhere else.

import { remember } from "./access.js";
import { wayBack } from "./address.js";
import { element, find, icon } from "./dom.js";
import { ApiError, UNREACHABLE } from "./errors.js";
import { startPictures } from "./pictures.js";
import { ROOT } from "./settings.js";
import { say } from "./talk.js";

/** @typedef {import("./types").Login} Login */

const PENDING = "viewfinder-login"; // what the redirect must not lose: state, verifier and the way back
const SIGNED_OUT = "viewfinder-signed-out";
const EARLY_MS = 30_000; // a token is renewed so long before it expires
const SCOPES = "openid email";
const EDITORS = "editors";

/** @type {Login} */
let login;
let accessToken = "";
let refreshToken = "";
let expiresAt = 0; // of the access token, in milliseconds
/** @type {Promise<boolean> | null} */
let renewal = null;
let isOver = false;
let mail = "";

/** Signs the user in, by the login page where need be, and gives the rights. Never resolves where the page is left or waits for a person. @returns {Promise<import("./types").Access>} */
export async function enter() {
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // a page that comes back by the back button has no rights
  try {
    ({ Login: login } = await settings());
    const answer = new URLSearchParams(location.search);
    if (answer.has("state") && (answer.has("code") || answer.has("error"))) await finish(answer);
    else if (sessionStorage.getItem(SIGNED_OUT)) await offer("You are signed out.");
    else await leave();
  } catch (error) {
    await offer(`You could not be signed in: ${error.message}`);
  }
  await startPictures(pictureRights).catch((error) => say(`Pictures can't be shown: ${error.message}`, "fault"));
  showUser();
  return { rights, renews };
}

/** @returns {Promise<{ Login: Login }>} */
async function settings() {
  const answer = await fetch("/settings.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`the settings of this gallery answer ${answer.status}.`);
  return answer.json();
}

const home = () => `${location.origin}/`;

/** Leaves for the login page, which answers at once where its own session is not over; the way back is this address. @returns {Promise<never>} */
async function leave() {
  sessionStorage.removeItem(SIGNED_OUT);
  const [state, verifier] = [randomText(), randomText()];
  sessionStorage.setItem(PENDING, JSON.stringify({ State: state, Verifier: verifier, Back: `${location.pathname}${location.search}` }));
  remember();
  const query = new URLSearchParams({
    response_type: "code", client_id: login.ClientId, redirect_uri: home(), scope: SCOPES, state,
    code_challenge: await challengeOf(verifier), code_challenge_method: "S256",
  });
  location.replace(`${login.Authority}/oauth2/authorize?${query}`);
  return new Promise(() => {});
}

/** Takes the answer of the login page. @param {URLSearchParams} answer */
async function finish(answer) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  const isOurs = pending !== null && answer.get("state") === pending.State;
  history.replaceState(null, "", isOurs ? wayBack(pending.Back) : "/");
  if (!isOurs) return leave(); // an answer to nothing that this tab asked: a link of a stranger, or a reload
  if (answer.has("error")) throw new Error(answer.get("error_description") ?? String(answer.get("error")));
  await take({ grant_type: "authorization_code", code: String(answer.get("code")), redirect_uri: home(), code_verifier: pending.Verifier });
  return undefined;
}

/** Asks for tokens; raises ApiError with status 0 where nothing answered, and the status where they are refused. @param {Record<string, string>} grant */
async function take(grant) {
  const body = new URLSearchParams({ client_id: login.ClientId, ...grant });
  const answer = await fetch(`${login.Authority}/oauth2/token`, { method: "POST", body, credentials: "omit", cache: "no-store" }).catch(() => {
    throw new ApiError(0, "Unreachable", UNREACHABLE);
  });
  const tokens = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, tokens.error ?? "Unknown", tokens.error_description ?? `the login answered ${answer.status}.`);
  accessToken = tokens.access_token;
  refreshToken = tokens.refresh_token ?? refreshToken; // a new one each time where they rotate
  expiresAt = Date.now() + 1000 * tokens.expires_in;
  mail = claimsOf(tokens.id_token ?? "").email ?? mail;
  document.documentElement.classList.toggle("read-only", !mayEdit());
}

/** What a token says. It is not verified: the API does that, and the page only hides what would be refused. @param {string} token @returns {Record<string, any>} */
function claimsOf(token) {
  const [, payload = ""] = token.split(".");
  const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  return payload ? JSON.parse(new TextDecoder().decode(bytes)) : {};
}

const mayEdit = () => [claimsOf(accessToken)["cognito:groups"] ?? []].flat().includes(EDITORS);

/** @type {import("./types").Access["rights"]} */
async function rights() {
  if (isOver) throw new ApiError(401, "SessionOver", "Your session is over.");
  if (Date.now() > expiresAt - EARLY_MS) await renew();
  return { Authorization: `Bearer ${accessToken}` };
}

/** Whether there is a new token where one was refused. @type {import("./types").Access["renews"]} */
const renews = async (error) => error.status === 401 && renew();

/** Renews the tokens, once for all who ask meanwhile; false where that is refused, which ends the session. */
function renew() {
  renewal ??= renewed().finally(() => (renewal = null));
  return renewal;
}

async function renewed() {
  if (isOver) return false;
  try {
    await take({ grant_type: "refresh_token", refresh_token: refreshToken });
    return true;
  } catch (error) {
    if (error.status === 0 || error.status >= 500) throw error; // it may answer later
    end();
    return false;
  }
}

/** Says once that the session is over; what is on the page stays, to be read. */
function end() {
  isOver = true;
  accessToken = refreshToken = "";
  say("Your session is over.", "fault", { label: "Sign in again", act: leave }, { stays: true });
}

/** What the service worker of the pictures asks for. @param {boolean} isRefused  whether the token that it had was refused */
async function pictureRights(isRefused) {
  if (isRefused) await renew().catch(() => {});
  const headers = accessToken && (await rights(false).catch(() => null));
  return headers ? { Headers: headers, Root: ROOT } : null;
}

/** Ends the session here and at the login, and leaves nothing on the page. */
async function signOut() {
  const body = new URLSearchParams({ client_id: login.ClientId, token: refreshToken });
  isOver = true;
  accessToken = refreshToken = "";
  sessionStorage.clear();
  sessionStorage.setItem(SIGNED_OUT, "yes");
  document.documentElement.classList.add("outside");
  find("main").replaceChildren();
  navigator.serviceWorker.controller?.postMessage("forget");
  // Its answer can't be read from here, and need not be: the tokens are forgotten, and expire.
  await fetch(`${login.Authority}/oauth2/revoke`, { method: "POST", mode: "no-cors", body, credentials: "omit", keepalive: true }).catch(() => {});
  location.replace(`${login.Authority}/logout?${new URLSearchParams({ client_id: login.ClientId, logout_uri: home() })}`);
}

function showUser() {
  const button = find("sign-out");
  button.hidden = false;
  button.title = mail ? `Sign out: ${mail}` : "Sign out";
  button.addEventListener("click", signOut);
}

/** Shows one sentence and the way to the login, in the place of the gallery. @param {string} text @returns {Promise<never>} */
function offer(text) {
  document.documentElement.classList.add("outside");
  const button = element("button", { class: "button main", type: "button", onclick: () => leave() }, "Sign in");
  find("entrance").replaceChildren(icon("logo"), element("h1", {}, "Viewfinder"), element("p", { role: "status" }, text), button);
  find("entrance").hidden = false;
  button.focus();
  return new Promise(() => {});
}

/** 256 bits, as a URL takes them. */
const randomText = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {string} verifier */
const challengeOf = async (verifier) => base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));

/** @param {Uint8Array} bytes */
const base64Url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
