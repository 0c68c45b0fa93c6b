/**
 * The page that checks a file: a receipt, a receipt with what opens it, or a statement. The file stays in the browser.
 *
 * It works from the site, and from one file on disk (then the address of the log comes from the receipt itself).
 */

import { Refused, textOf, utf8 } from "./bytes.js";
import { Book, browserMemory } from "./book.js";
import { checkReceipt, originOf, outcomeOf } from "./gift.js";
import { RECEIPT_BYTES_MAX, readProof } from "./receipt.js";
import { element, forkPanel, icon, listOf, reasonOf } from "./show.js";
import { STATEMENT_BYTES_MAX, checkStatement, isPdf, numberIn } from "./statement.js";
import { device, money, voice } from "./words.js";

const page = document.querySelector("[data-verify]");
const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const say = voice(language);

function listen() {
  const input = page.querySelector("input[type=file]");
  const drop = page.querySelector("[data-drop]");
  page.querySelectorAll("[data-with-script]").forEach((part) => part.removeAttribute("hidden"));
  page.querySelectorAll("[data-without-script]").forEach((part) => part.remove());
  const chosen = () => input.files.length && check(Array.from(input.files));
  input.addEventListener("change", chosen);
  chosen(); // a file may have been chosen before this program was there
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    check(Array.from(event.dataTransfer.files));
  });
}

/** Check what was given: one file, or a receipt and the entry that belongs to it. */
async function check(files) {
  const result = page.querySelector("[data-result]");
  result.replaceChildren(element("p", { text: say("working", { device: device(say) }), role: "status" }));
  const outcome = await resultOf(files);
  result.replaceChildren(...render(files, outcome));
  result.querySelector("h2").focus();
}

/** Whatever was given, an outcome comes back: nothing hangs and nothing is thrown. */
async function resultOf(files) {
  const given = await outcomeOf("in_log", async () => ({ read: await readAll(files) }));
  if (given.outcome !== "yes") return { kind: "receipt", checks: [given] };
  const [first, second] = given.detail.read;
  if (isPdf(first)) return statementResult(first);
  return receiptResult(first, second);
}

async function readAll(files) {
  const sorted = [...files].sort((one, other) => rank(one) - rank(other)).slice(0, 2);
  return Promise.all(
    sorted.map(async (file) => {
      if (file.size > (rank(file) === 0 ? STATEMENT_BYTES_MAX : RECEIPT_BYTES_MAX)) throw new Refused("too-large");
      return new Uint8Array(await file.arrayBuffer());
    }),
  );
}

const rank = (file) => [/\.pdf$/i, /\.tlog-proof$/i, /./].findIndex((ending) => ending.test(file.name));

async function receiptResult(file, beside) {
  let given = { proof: file, also: beside ? { entry: beside } : {} };
  let book = null;
  const read = await outcomeOf("in_log", async () => {
    given = unfold(file, given);
    book = bookOf(originOf(readProof(given.proof)));
  });
  if (!book) return { kind: "receipt", checks: [read] };
  const { checks, entry } = await checkReceipt(given.proof, book, given.also);
  return { kind: "receipt", checks, entry, origin: book.origin };
}

/** A receipt as the interface gives it is JSON: the proof file, the entry, and what opens its commitments. */
function unfold(file, otherwise) {
  if (file[0] !== "{".charCodeAt(0)) return otherwise;
  let told;
  try {
    told = JSON.parse(textOf(file, "receipt"));
  } catch {
    throw new Refused("not-a-receipt");
  }
  if (typeof told?.proof !== "string" || typeof told.entry !== "string") throw new Refused("not-a-receipt");
  const also = { entry: utf8(told.entry), opening: told.opening, number: told.receipt };
  return { proof: utf8(told.proof), also };
}

/** The log of a receipt: on its own site at its own address, from elsewhere over the net. */
function bookOf(origin) {
  if (!/^[^\s+/]+\/log\/[a-z0-9-]+$/.test(origin)) throw new Refused("other-log", { found: origin, expected: "" });
  const here = origin.startsWith(`${location.host}/`);
  const scheme = /^(localhost|127\.)/.test(origin) ? "http" : "https";
  const address = here ? `/${origin.slice(origin.indexOf("/") + 1)}` : `${scheme}://${origin}`;
  return new Book(origin, address, browserMemory, trustedKeys(), witnessKeys());
}

/** Keys that the reader has from elsewhere, such as from a printed statement. */
function trustedKeys() {
  const typed = page.querySelector("[name=key]")?.value.trim() ?? "";
  return typed ? typed.split(/\s+/) : [];
}

const witnessKeys = () => (page.dataset.witnesses ?? "").split(" ").filter(Boolean);

async function statementResult(file) {
  const number = numberIn(file);
  const funds = JSON.parse(page.dataset.funds ?? "[]");
  const slug = funds.find((one) => number.startsWith(`${one}-`)) ?? funds[0];
  if (!slug) return { kind: "statement", checks: [await outcomeOf("statement", () => Promise.reject(new Refused("not-published")))] };
  const book = bookOf(`${page.dataset.host}/log/${slug}`);
  let published = [];
  const list = await outcomeOf("statement", async () => {
    const told = await fetch(`/funds/${slug}/statements.json`, { credentials: "omit", signal: AbortSignal.timeout(15_000) });
    if (!told.ok) throw new Error(String(told.status));
    published = (await told.json()).statements;
  });
  if (list.outcome !== "yes") return { kind: "statement", checks: [list], number };
  const { checks, found } = await checkStatement(file, book, published, number);
  return { kind: "statement", checks, number: found?.number ?? number, found, original: published.find((one) => one.number === number) };
}

function render(files, { kind, checks, entry, origin, number, found, original }) {
  // The first check tells whether the file is genuine; any other can only find something wrong.
  const failed = checks.find((check) => check.outcome === "no") ?? checks[0];
  const worst = failed.outcome;
  const text = worst === "yes" ? say(`verdict.yes.${kind}`) : say(`verdict.${worst}.text`, { reason: reasonOf(failed, say, language) });
  const heading = element("h2", { text: say(`verdict.${worst}`), tabindex: "-1" });
  const verdict = element("div", {
    className: `verdict ${worst}`,
    children: [icon(worst), element("div", { children: [heading, element("p", { text })] })],
  });
  const facts = [[say("file"), files.map((file) => file.name).join(", ")]];
  if (entry) {
    facts.push([say("amount"), money(entry.body.amount, entry.body.commodity, language)]);
    facts.push([say("given"), new Date(entry.occurred_at).toLocaleString(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium", timeStyle: "short" })]);
  }
  const receipt = checks[0].detail?.number;
  if (kind === "receipt" && receipt) facts.push([say("number"), receipt]);
  if (kind === "statement" && number) facts.push([say("statement_number"), number]);
  const parts = [
    element("p", { className: "small", text: say("not_uploaded", { device: device(say) }) }),
    verdict,
    element("dl", { className: "facts", children: facts.map(([name, value]) => element("div", { children: [element("dt", { text: name }), element("dd", { text: value })] })) }),
    element("h2", { text: say("checked") }),
    element("ul", { className: "checks", children: listOf(checks, say, language) }),
  ];
  const fork = forkPanel(checks, say);
  if (fork) parts.unshift(fork);
  if (kind === "statement" && worst === "no") parts.push(element("p", { className: "notice wrong", text: say("do_not_use") }));
  const link = linkTo({ kind, entry, origin, receipt, found, original });
  if (link) parts.push(element("p", { children: [link] }));
  const again = element("button", { type: "button", className: "second", text: say("again") });
  again.addEventListener("click", () => {
    page.querySelector("[data-result]").replaceChildren();
    page.querySelector("input[type=file]").value = "";
    page.querySelector("input[type=file]").focus();
  });
  parts.push(element("p", { children: [again] }));
  return parts;
}

function linkTo({ kind, entry, origin, receipt, found, original }) {
  const prefix = language === "en" ? "/en" : "";
  if (kind === "receipt" && entry && receipt && origin?.startsWith(`${location.host}/`)) {
    return element("a", { className: "button", href: `${prefix}/funds/${entry.fund}/gifts/${receipt}`, text: say("open_gift") });
  }
  if (kind === "statement" && (found ?? original)) {
    return element("a", { className: "button", href: (found ?? original).address, text: say(found ? "open_statement" : "original") });
  }
  return null;
}

if (page) listen(); // last: it may begin at once
