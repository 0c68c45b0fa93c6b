/**
 * Totals that move while somebody looks.
 *
 * The page asks for its figures about once a second, only while it is visible, and less often while the service does not
 * answer; what cannot be read leaves the last good figures where they are, and the page says so. A cache answers a crowd.
 */

const EVERY_MS = 900;
const SLOWEST_MS = 60_000;
const place = document.querySelector("[data-live]");
if (place) start(place.dataset.live);

function start(address) {
  let last = "";
  let wait = EVERY_MS;
  let timer = null;
  let failed = 0;
  const next = () => {
    clearTimeout(timer);
    // A little apart from each other, so that a crowd that came with one link does not ask in step.
    timer = setTimeout(ask, wait * (0.9 + 0.2 * Math.random()));
  };
  const ask = async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(address, { credentials: "omit", cache: "no-cache", signal: AbortSignal.timeout(8000) });
      if (!response.ok) throw new Error(String(response.status));
      const text = await response.text();
      // Mostly nothing has happened: then there is nothing to do, and a telephone's battery notices.
      // While the database is away the service shows what it kept: that may be older than what stands here.
      const copied = response.headers.has("Mingzhang-Copied-At");
      if (text !== last && !copied) show(JSON.parse(text));
      if (!copied) last = text;
      wait = EVERY_MS;
      failed = 0;
      away(copied);
    } catch {
      failed += 1;
      // A single failure is a tunnel or a lift; the next one is ours.
      away(failed > 1);
      wait = Math.min(SLOWEST_MS, wait * 2);
    }
    next();
  };
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  next();
}

function away(is) {
  const told = document.querySelector("[data-live-away]");
  if (told) told.hidden = !is;
}

function show(told) {
  for (const found of document.querySelectorAll("[data-live-amount]")) {
    const minor = told[found.dataset.liveAmount];
    if (Number.isSafeInteger(minor)) set(found, amount(minor, told.exponent, found.dataset.liveBefore ?? ""));
  }
  for (const found of document.querySelectorAll("[data-live-count]")) {
    set(found, grouped(told[found.dataset.liveCount]));
  }
  const moment = document.querySelector("[data-live-moment]");
  if (moment && told.as_of && Date.parse(told.as_of.at) !== Date.parse(moment.dataset.at)) {
    moment.dataset.at = told.as_of.at;
    set(moment, asOf(told.as_of.at, moment.dataset.zone));
  }
  const entry = document.querySelector("[data-live-entry] a");
  if (entry && told.as_of && entry.textContent !== grouped(told.as_of.entry)) {
    entry.textContent = grouped(told.as_of.entry);
    entry.href = entry.href.replace(/\d+$/, String(told.as_of.entry));
  }
}

function set(found, text) {
  if (found.textContent !== text) found.textContent = text;
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function amount(minor, digits, before) {
  const sign = minor < 0 ? "\u2212" : "";
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = grouped(digits ? text.slice(0, -digits) : text);
  return `${sign}${before}${whole}${digits ? `.${text.slice(-digits)}` : ""}`;
}

function asOf(at, zone) {
  const english = document.documentElement.lang.startsWith("en");
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, year: "numeric", month: english ? "short" : "2-digit", day: english ? "numeric" : "2-digit",
      hour: "2-digit", minute: "2-digit",
    }).formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
  );
  return english
    ? `As of ${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute}`
    : `截至 ${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}
