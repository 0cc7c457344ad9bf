// What the API answered when it was no success.

import { TOKEN } from "./settings.js";

const REMEDY = TOKEN ? "Start it again, on this machine with: viewfinder up" : "Try again in a moment.";
export const UNREACHABLE = `The gallery does not answer. ${REMEDY}`;

export class ApiError extends Error {
  /**
   * @param {number} status  of HTTP; 0 where nothing answered
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {number} status
 * @param {{ Error?: { Code?: string, Message?: string } } | null} body
 */
export function errorOf(status, body) {
  const error = body?.Error ?? {};
  return new ApiError(status, error.Code ?? "Unknown", error.Message ?? `The server answered ${status}.`);
}
