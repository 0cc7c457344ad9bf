// Checks a translated template with cdk-nag; each finding needs a reason in infrastructure/nag.json, each reason a finding.
const { readFileSync } = require('node:fs');
const { App, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks, ServerlessChecks } = require('cdk-nag');

const [templateFile, reasonsFile] = process.argv.slice(2);

function findings() {
  const app = new App();
  new CfnInclude(new Stack(app, 'Stack'), 'Template', { templateFile });
  const packs = [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
  const violations = packs.flatMap((pack) => pack.validateScope(app).violations);
  return violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath }) => [`${ruleName} ${constructPath.split('/').pop()}`, description]));
}

const found = new Map(findings());
const reasons = JSON.parse(readFileSync(reasonsFile, 'utf8'));
const excused = new Set(reasons.flatMap(({ rule, resources }) => resources.map((resource) => `${rule} ${resource}`)));

const unexcused = [...found].filter(([name]) => !excused.has(name));
const stale = [...excused].filter((name) => !found.has(name));
for (const [name, description] of unexcused) console.error(`finding without a reason: ${name}: ${description}`);
for (const name of stale) console.error(`reason without a finding: ${name}`);
console.log(`${found.size} findings, ${found.size - unexcused.length} of them with a reason`);
process.exitCode = unexcused.length + stale.length > 0 || found.size === 0 ? 1 : 0;
