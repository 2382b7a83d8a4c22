// Keeps the page up to date: fetches it again and again and changes what is different. The URL is the whole state.
import { morph } from "./morph.js";

const main = document.getElementById("content");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const seconds = Number(main.dataset.refreshSeconds);
const FROZEN = "frozen";

let timer = 0;
let underWay = null;

function isFrozen() {
  return new URLSearchParams(location.search).has(FROZEN);
}

function say(text, isBad = false) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("bad", isBad);
}

function sayFrozen() {
  pause.setAttribute("aria-pressed", String(isFrozen()));
  pause.textContent = isFrozen() ? "Go on" : "Freeze";
  if (isFrozen()) say("frozen");
}

function schedule() {
  clearTimeout(timer);
  if (!isFrozen()) timer = setTimeout(refresh, seconds * 1000);
}

/** Fetches the page of the present URL and takes its content over; announces it with the event `spangraph:updated`. */
async function refresh() {
  underWay?.abort();
  const own = (underWay = new AbortController());
  try {
    if (!document.hidden) await takeOver(own.signal);
  } catch (error) {
    if (own.signal.aborted) return;
    say("connection lost, trying again", true);
  }
  if (underWay === own) underWay = null;
  schedule();
}

async function takeOver(signal) {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  const answer = await fetch(location.href, { signal: timeout, headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("content");
  if (!fresh) throw new Error(`status ${answer.status}`);
  morph(main, document.adoptNode(fresh));
  say(answer.ok ? (isFrozen() ? "frozen" : "live") : `status ${answer.status}`, !answer.ok);
  document.dispatchEvent(new CustomEvent("spangraph:updated"));
}

/** Makes `search` the page's state, without a new entry in the browser's history, and shows it. */
function go(search) {
  const text = search.toString();
  history.replaceState(null, "", text ? `${location.pathname}?${text}` : location.pathname);
  sayFrozen();
  refresh();
}

/** What a form says, with its empty fields left out. */
function searchOf(form) {
  const search = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") search.append(name, value);
  if (isFrozen()) search.set(FROZEN, "");
  return search;
}

pause.hidden = false;
pause.addEventListener("click", () => {
  const search = new URLSearchParams(location.search);
  if (isFrozen()) search.delete(FROZEN);
  else search.set(FROZEN, "");
  go(search);
});

// Forms and links that only change the state do so without a new page; without this script they load one.
function changed(event) {
  const form = event.target.closest("form[data-live]");
  if (form) go(searchOf(form));
}
document.addEventListener("input", (event) => event.target.matches("input") && changed(event));
document.addEventListener("change", (event) => event.target.matches("select") && changed(event));
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  go(searchOf(event.target));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-live]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const search = new URL(link.href, location.href).searchParams;
  if (isFrozen()) search.set(FROZEN, "");
  go(search);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !isFrozen()) refresh();
});
document.addEventListener("spangraph:go", (event) => go(event.detail));

sayFrozen();
if (!isFrozen()) say("live");
schedule();
