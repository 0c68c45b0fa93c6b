/** On a gift's page: check in the browser what the page shows, and say who computed it. */

import { Book, browserMemory } from "./book.js";
import { checkNoneMissing, checkReceipt, checkSums, originOf, outcomeOf } from "./gift.js";
import { readProof } from "./receipt.js";
import { element, forkPanel, listOf } from "./show.js";
import { device, voice } from "./words.js";

const place = document.querySelector("[data-check-receipt]");
if (place) await run(place);

async function run(section) {
  const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
  const say = voice(language);
  const sentence = section.querySelector("[data-check-sentence]");
  const list = section.querySelector("ul.checks");
  const before = sentence.textContent;
  sentence.textContent = say("working", { device: device(say) });
  const checks = await checksOf(section.dataset);
  for (const check of checks) check.commodity = section.dataset.checkCommodity;
  const [yes, no, unknown] = ["yes", "no", "unknown"].map(
    (outcome) => checks.filter((check) => check.outcome === outcome).length,
  );
  if (!yes && !no) {
    // Nothing was computed here: what stands is the server's, and says so.
    sentence.textContent = `${say("summary.none", { device: device(say) })} ${before}`;
    const told = listOf([checks.find((check) => check.reason !== "not-reached") ?? checks[0]], say, language);
    sentence.after(element("ul", { className: "checks", children: told }));
    return;
  }
  sentence.textContent = say(no ? "summary.no" : unknown ? "summary.some" : "summary.all", {
    device: device(say),
    count: no || !unknown ? checks.length : yes,
    failed: no,
    unknown,
  });
  list.replaceChildren(...listOf(checks, say, language));
  list.dataset.computedHere = "";
  const fork = forkPanel(checks, say);
  if (fork) section.prepend(fork);
  if (no) warn(checks, say);
  if (fork) section.append(forgetButton(section.dataset, say));
}

async function checksOf(told) {
  const { checkReceipt: address, checkLog: log, checkNumber: number, checkClosing: closing } = told;
  const witnesses = (told.checkWitnesses ?? "").split(" ").filter(Boolean);
  const voids = (told.checkVoids ?? "").split(" ").filter(Boolean).map(Number);
  let file = null;
  let book = null;
  const read = await outcomeOf("in_log", async () => {
    const response = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(15_000) });
    if (!response.ok) throw new Error(String(response.status));
    file = new Uint8Array(await response.arrayBuffer());
    book = new Book(originOf(readProof(file)), log, browserMemory, [], witnesses);
  });
  if (!book) return [read];
  const { checks, entry } = await checkReceipt(file, book, { number });
  const [inLog, grows, sameBook, privateParts] = checks;
  return [
    inLog,
    grows,
    await checkNoneMissing(entry, closing ? Number(closing) : null, book),
    await checkSums(entry, shownSteps(), voids, book),
    sameBook,
    privateParts,
  ];
}

/** The steps as this page shows them to its reader. */
function shownSteps() {
  return Array.from(document.querySelectorAll(".way li.reached[data-entry]"), (step) => ({
    entry: Number(step.dataset.entry),
    amount: Number(step.dataset.amount),
  }));
}

/** Where a check failed, the first words of the page must not go on saying that all is well. */
function warn(checks, say) {
  const notice = document.querySelector(".notice[data-verdict]");
  if (!notice) return;
  const failed = checks.filter((check) => check.outcome === "no");
  notice.className = "notice wrong";
  notice.textContent = say("summary.no", { device: device(say), failed: failed.length });
}

function forgetButton({ checkLog: log }, say) {
  const button = element("button", { type: "button", className: "second", text: say("forget") });
  button.addEventListener("click", () => {
    const origin = `${location.host}${new URL(log, location.href).pathname}`;
    browserMemory.set(`mingzhang ${origin}`, "");
    button.replaceWith(element("p", { className: "small", role: "status", text: say("forgotten") }));
  });
  return button;
}
