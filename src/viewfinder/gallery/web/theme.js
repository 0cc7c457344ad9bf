// Dark or light: as the system has it until the user chooses.

import { find, iconUrl } from "./dom.js";

const KEY = "viewfinder-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light")) === "dark";

function apply() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  find("theme").setAttribute("aria-pressed", String(isDark()));
  find("theme").querySelector("use")?.setAttribute("href", iconUrl(isDark() ? "sun" : "moon"));
}

export function startTheme() {
  apply();
  system.addEventListener("change", apply);
  find("theme").addEventListener("click", () => {
    localStorage.setItem(KEY, isDark() ? "light" : "dark");
    apply();
  });
}
