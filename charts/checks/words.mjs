// The closed lists of the process, from docs/troubleshooting.md, which the program's own tests hold against the code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tools.mjs";

const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");

/** What stands between backticks in the first column of a section's table, its head left out. */
function firstColumn(heading) {
  const section = page.split(`\n## ${heading}\n`)[1].split("\n## ")[0].split("\n|---")[1];
  return section.split("\n").filter(l => l.startsWith("| `")).flatMap(l => [...l.split("|")[1].matchAll(/`([^`]+)`/g)].map(m => m[1]));
}

const kebab = name => name.replaceAll(/(?!^)[A-Z]/g, c => `-${c}`).toLowerCase();

export const outcomes = [...firstColumn("Why did my socket end"), ...[.../^The list is closed[\s\S]*?\n\n/m.exec(page)[0].matchAll(/`([^`]+)`/g)].map(m => m[1])];
export const refusals = firstColumn("Why was a handshake refused");
export const problems = firstColumn("Problem reasons").map(kebab);

const lists = {
  wsingress_websocket_closed_total: { outcome: outcomes },
  wsingress_websocket_handshake_failures_total: { reason: refusals },
  wsingress_ingress_problems: { reason: problems, severity: ["warning", "error"] },
};

/** Label values in a query or a series that the process never exports, and labels whose words are not known here. */
export function strangers(text) {
  return [...text.matchAll(/(wsingress_\w+)\s*\{([^}]*)\}/g)].flatMap(([, metric, matchers]) =>
    [...matchers.matchAll(/(outcome|reason|severity)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap(([, label, , words]) => {
      const list = lists[metric]?.[label];
      return words.split("|").filter(word => !list?.includes(word)).map(word => `${metric}{${label}="${word}"}`);
    }));
}
