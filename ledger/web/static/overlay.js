/**
 * The overlay of a stream: asks once a second, shows the last good value while nothing answers, and says when a refund has
 * lowered the figure.
 */

const EVERY_MS = 1000;
const STALE_MS = 20_000;
const NOTE_MS = 60_000;
const body = document.body;
const one = (name) => document.querySelector(`[data-${name}]`);
const digits = Number(body.dataset.exponent);
let answered = Date.now();
let before = Number(body.dataset.reversed);
let noteUntil = 0;

for (;;) {
  try {
    const response = await fetch(body.dataset.overlay, { credentials: "omit", cache: "no-cache", signal: AbortSignal.timeout(8000) });
    if (!response.ok) throw new Error(String(response.status));
    show(await response.json());
    answered = Date.now();
  } catch {
    // What is shown stays: it was true at the time that stands beside it.
  }
  one("stale").hidden = Date.now() - answered < STALE_MS;
  one("refunds").hidden = Date.now() > noteUntil;
  await new Promise((done) => setTimeout(done, EVERY_MS));
}

function show(told) {
  const { gifts, total_minor: sum } = told.broadcast;
  one("gifts").textContent = grouped(gifts);
  one("sum").textContent = amount(sum);
  if (told.as_of) {
    const time = new Intl.DateTimeFormat("en-GB", { timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit" });
    one("time").textContent = one("time").dataset.word.replace("{time}", time.format(new Date(told.as_of.at)));
  }
  const goal = Number(body.dataset.goal);
  if (goal) document.querySelector("progress").value = Math.min(1000, Math.floor((1000 * sum) / goal));
  if (told.reversed > before) {
    one("refunds").textContent = one("refunds").dataset.word.replace("{n}", grouped(told.reversed - before));
    noteUntil = Date.now() + NOTE_MS;
  }
  before = told.reversed;
  thank(told.thanks ?? []);
}

/** Only donors who agreed are told here, and of those only what they agreed to. */
function thank(names) {
  const line = one("thanks");
  line.hidden = names.length === 0;
  const said = names.map(({ name, amount_minor: minor }) => (minor === null ? name : `${name} ${amount(minor)} ${line.dataset.unit}`));
  line.textContent = line.dataset.word.replace("{names}", () => said.join(line.dataset.and));
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function amount(minor) {
  const text = String(minor).padStart(digits + 1, "0");
  return digits ? `${grouped(text.slice(0, -digits))}.${text.slice(-digits)}` : grouped(text);
}
