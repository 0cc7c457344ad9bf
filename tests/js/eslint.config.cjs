// The rules for every JavaScript file of the repository; types are tsc's. Found by NODE_PATH=.tools/javascript/node_modules.

const js = require("@eslint/js");
const globals = require("globals");

const RULES = {
  "no-var": "error",
  "prefer-const": "error",
  "eqeqeq": "error",
  "no-implicit-coercion": ["error", { boolean: false }],
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-shadow": ["error", { builtinGlobals: false }],
  "no-throw-literal": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "object-shorthand": "error",
  "prefer-arrow-callback": "error",
  "prefer-template": "error",
};

module.exports = [
  { ignores: [".venv", ".tools", "build", "dist", "**/node_modules"] },
  js.configs.recommended,
  { rules: RULES, linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["src/viewfinder/gallery/web/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["src/viewfinder/gallery/web/worker.js"], languageOptions: { globals: globals.serviceworker } },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.nodeBuiltin } },
  { files: ["**/*.cjs"], languageOptions: { sourceType: "commonjs", globals: globals.node } },
];
