/** Show results of checks: the list, its sentence, and a fork. Everything is set as text, never as markup. */

import { grouped, money } from "./words.js";

const ICONS = { yes: "M2.5 8.5 6.5 12.5 13.5 4.5", no: "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5", unknown: "M3 8H13" };
const CLASSES = { yes: "holds", no: "fails", unknown: "unknown" };
const SVG = "http://www.w3.org/2000/svg";

/** An element with its text or children. */
export function element(name, { text, href, className, children = [], ...attributes } = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (href) made.href = href;
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** One of the marks, always beside a word. */
export function icon(outcome) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[outcome]);
  svg.append(path);
  return svg;
}

/** Why a check did not pass, in words. */
export function reasonOf(check, say, language) {
  const detail = { ...check.detail };
  if (check.reason === "amount") {
    detail.shown = money(detail.shown, check.commodity ?? "CNY", language);
    detail.found = money(detail.found, check.commodity ?? "CNY", language);
  }
  if (check.reason === "figure") {
    for (const name of ["found", "published"]) {
      // Counts are written as they are; money has two places.
      const isMoney = Number.isSafeInteger(detail[name]) && !/^(?:G1|X|L)/.test(detail.line);
      detail[name] = isMoney ? money(detail[name], detail.commodity, language) : (detail[name] ?? "–");
    }
  }
  if (detail.label) detail.label = say(`label.${detail.label}`);
  for (const name of ["entry", "size", "earlier", "later", "number", "total"]) {
    if (typeof detail[name] === "number") detail[name] = grouped(detail[name]);
  }
  return say(`reason.${check.reason}`, detail);
}

/** What was found, in small print. */
export function evidenceOf(check, say, language) {
  if (check.outcome !== "yes") return reasonOf(check, say, language);
  const detail = Object.fromEntries(
    Object.entries(check.detail).map(([name, value]) => [name, typeof value === "number" ? grouped(value) : value]),
  );
  if (check.key === "grows") {
    const { since, sameKeys } = check.detail;
    detail.since = since === null ? say("grows.first") : say("grows.since", { since: grouped(since) });
    if (!sameKeys) detail.since = say("grows.new_keys");
  }
  if (check.key === "same_book") {
    const { witnesses } = check.detail;
    detail.names = witnesses.map(({ name }) => name).join(language === "en" ? ", " : "、");
    const newest = new Date(Math.max(...witnesses.map(({ seconds }) => seconds)) * 1000);
    detail.when = newest.toLocaleString(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium", timeStyle: "short" });
  }
  if (check.key === "private_parts") return say("private_parts.yes", { count: check.detail.labels.length });
  return say(`${check.key}.yes`, detail);
}

/** The list of checks: failed ones first and bold, the others in their order. */
export function listOf(checks, say, language) {
  const rows = [...checks].sort((one, other) => (other.outcome === "no") - (one.outcome === "no"));
  return rows.map((check) => {
    const claim = element(check.outcome === "no" ? "strong" : "span", { text: say(check.key) });
    const told = element("p", { className: "small" });
    if (check.outcome !== "yes") {
      told.append(element("strong", { text: say(check.outcome === "no" ? "because" : "unknown") }));
    }
    told.append(evidenceOf(check, say, language));
    const words = element("div", { children: [element("p", { children: [claim] }), told] });
    return element("li", { className: CLASSES[check.outcome], children: [icon(check.outcome), words] });
  });
}

/** A fork, loudly, with both notes to download; null where there is none. */
export function forkPanel(checks, say) {
  const forked = checks.find((check) => check.notes.length);
  if (!forked) return null;
  const links = forked.notes.map((note, at) => {
    const name = at ? "later" : "earlier";
    const href = URL.createObjectURL(new Blob([note], { type: "text/plain" }));
    return element("a", { className: "button second", href, download: `${name}.note`, text: say(`fork.${name}`) });
  });
  const head = element("p", { children: [icon("no"), " ", element("strong", { text: say("fork.title") })] });
  const text = element("p", { text: say("fork.text") });
  const actions = element("div", { className: "actions", children: links });
  return element("div", { className: "notice wrong fork", role: "alert", children: [head, text, actions] });
}
