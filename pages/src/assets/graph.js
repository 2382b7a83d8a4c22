// The drawing of the service graph: pan, zoom, neighbours of what is pointed at, search as one types, copying PromQL.
// What is drawn comes from the server; the view (pan and zoom) is the parameter `view` of the URL.

const SMALLEST = 40;
const STEP = 1.25;
const CLICK_PIXELS = 4;
const REST_MILLISECONDS = 200;
const panel = document.getElementById("graph-view");
const selection = document.getElementById("graph-selection");
const search = document.getElementById("graph-search");
document.documentElement.classList.add("scripted-page");

// === view ===

const drawing = () => document.getElementById("service-graph");

/** The part of the drawing that is seen, as {x, y, w, h}; null is all of it. */
let view = panel ? viewOf(new URLSearchParams(location.search).get("view")) : null;

let writing = 0;

/** The size of the drawing that the view is a part of. */
let size = drawing()?.dataset.fit;

function viewOf(text) {
  const [x, y, w, h] = (text ?? "").split("_").map(Number);
  return [x, y, w, h].every(Number.isFinite) && w > 0 && h > 0 ? { x, y, w, h } : null;
}

function whole() {
  const [x, y, w, h] = drawing().dataset.fit.split(" ").map(Number);
  return { x, y, w, h };
}

/** Shows the view at once; the URL follows when the hand rests, as browsers allow few changes a second. */
function showView() {
  const svg = drawing();
  if (!svg) return;
  const { x, y, w, h } = view ?? whole();
  svg.setAttribute("viewBox", [x, y, w, h].map((number) => Math.round(number * 10) / 10).join(" "));
  clearTimeout(writing);
  writing = setTimeout(writeView, REST_MILLISECONDS);
}

function writeView() {
  const url = new URL(location.href);
  const text = view && [view.x, view.y, view.w, view.h].map(Math.round).join("_");
  if (url.searchParams.get("view") === text) return;
  if (text) url.searchParams.set("view", text);
  else url.searchParams.delete("view");
  history.replaceState(null, "", url);
}

/** How many SVG units a pixel is. */
function scale() {
  const { w, h } = view ?? whole();
  const box = drawing().getBoundingClientRect();
  return Math.max(w / box.width, h / box.height);
}

/** The point of the drawing that is under a point of the window. */
function pointAt(clientX, clientY) {
  return new DOMPoint(clientX, clientY).matrixTransform(drawing().getScreenCTM().inverse());
}

/** Makes what is seen `factor` times as large; the point stays where it is. */
function zoom(factor, at = null) {
  if (!drawing()) return;
  const now = view ?? whole();
  const all = whole();
  const fixed = at ?? { x: now.x + now.w / 2, y: now.y + now.h / 2 };
  const w = Math.min(Math.max(now.w / factor, SMALLEST), all.w * 4);
  const real = w / now.w;
  view = { x: fixed.x - (fixed.x - now.x) * real, y: fixed.y - (fixed.y - now.y) * real, w, h: now.h * real };
  showView();
}

function pan(right, down) {
  const now = view ?? whole();
  view = { ...now, x: now.x + right, y: now.y + down };
  showView();
}

function fit() {
  view = null;
  showView();
}

// === pointers ===

const pointers = new Map();
let dragged = false;

function spread() {
  const [a, b] = [...pointers.values()];
  return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function pointerDown(event) {
  if (!drawing() || event.button !== 0) return;
  if (pointers.size === 0) dragged = false;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
}

function pointerMove(event) {
  const pointer = pointers.get(event.pointerId);
  if (!pointer || !drawing()) return;
  if (pointers.size === 2) pinch(event, pointer);
  else drag(event, pointer);
}

/** A short way is a click that was not quite still. */
function drag(event, pointer) {
  const far = Math.hypot(event.clientX - pointer.startX, event.clientY - pointer.startY) > CLICK_PIXELS;
  if (!dragged && !far) return;
  if (!dragged) panel.setPointerCapture(event.pointerId);
  dragged = true;
  const units = scale();
  pan((pointer.x - event.clientX) * units, (pointer.y - event.clientY) * units);
  Object.assign(pointer, { x: event.clientX, y: event.clientY });
}

function pinch(event, pointer) {
  const before = spread();
  Object.assign(pointer, { x: event.clientX, y: event.clientY });
  const after = spread();
  dragged = true;
  const units = scale();
  pan((before.x - after.x) * units, (before.y - after.y) * units);
  if (before.distance > 0) zoom(after.distance / before.distance, pointAt(after.x, after.y));
}

function pointerUp(event) {
  pointers.delete(event.pointerId);
}

function wheel(event) {
  if (!drawing()) return;
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  zoom(Math.exp(-event.deltaY * lines * 0.002), pointAt(event.clientX, event.clientY));
}

// === keys ===

const KEYS = {
  "+": () => zoom(STEP),
  "=": () => zoom(STEP),
  "-": () => zoom(1 / STEP),
  0: fit,
  ArrowLeft: () => pan(-40 * scale(), 0),
  ArrowRight: () => pan(40 * scale(), 0),
  ArrowUp: () => pan(0, -40 * scale()),
  ArrowDown: () => pan(0, 40 * scale()),
};

function keyDown(event) {
  const act = KEYS[event.key];
  if (!act || !drawing() || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
}

// === neighbours and search ===

/** The id of the node or edge that is pointed at or has the focus; an id, as elements may be replaced. */
let current = null;

const all = (selector) => document.querySelectorAll(`#service-graph ${selector}`);

/** Marks what is joined with the current node or edge; the rest steps back. */
function showNeighbours() {
  const element = current && document.getElementById(current);
  drawing()?.classList.toggle("pointing", Boolean(element));
  if (!element) return;
  const { service, client, server } = element.dataset;
  const names = new Set(service === undefined ? [client, server] : [service]);
  for (const edge of all(".edge")) {
    const { client: from, server: to } = edge.dataset;
    const near = edge === element || (service !== undefined && (from === service || to === service));
    edge.classList.toggle("near", near);
    if (near) names.add(from).add(to);
  }
  for (const node of all(".node")) node.classList.toggle("near", names.has(node.dataset.service));
}

function point(event) {
  const element = event.target.closest?.(".node, .edge");
  current = element?.id ?? null;
  showNeighbours();
  if (element) tell(element);
}

/** Says what is pointed at, and offers its PromQL; it stays until something else is pointed at. */
function tell(element) {
  const text = element.querySelector("title").textContent;
  if (selection.firstChild?.textContent === text) return;
  const button = document.createElement("button");
  button.id = "graph-copy";
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy PromQL";
  button.dataset.copy = element.dataset.promql;
  selection.replaceChildren(document.createTextNode(text), button);
}

/** As the server does when the page is loaded, but at once. */
function showFound() {
  if (!search) return;
  const wanted = search.value.trim().toLowerCase();
  let any = false;
  for (const node of all(".node")) {
    const found = wanted !== "" && node.dataset.service.toLowerCase().includes(wanted);
    node.classList.toggle("found", found);
    any ||= found;
  }
  drawing()?.classList.toggle("searching", any);
}

// === copying ===

async function copy(button) {
  const text = button.dataset.copy;
  const done = (await navigator.clipboard?.writeText(text).then(() => true, () => false)) || copyBySelection(text);
  const said = button.textContent;
  button.textContent = done ? "copied" : "not copied";
  setTimeout(() => (button.textContent = said), 1500);
}

/** For pages that are not served securely, where there is no clipboard. */
function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "off-screen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

// === wiring ===

if (panel) {
  panel.addEventListener("pointerdown", pointerDown);
  panel.addEventListener("pointermove", pointerMove);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) panel.addEventListener(name, pointerUp);
  panel.addEventListener("pointerleave", (event) => pointers.size === 0 && point(event));
  panel.addEventListener("wheel", wheel, { passive: false });
  panel.addEventListener("keydown", keyDown);
  panel.addEventListener("pointerover", point);
  panel.addEventListener("focusin", point);
  panel.addEventListener("dragstart", (event) => event.preventDefault());
  // A drag that ends on a node does not open its page.
  panel.addEventListener("click", (event) => dragged && event.preventDefault(), { capture: true });
  document.getElementById("graph-zoom-in").addEventListener("click", () => zoom(STEP));
  document.getElementById("graph-zoom-out").addEventListener("click", () => zoom(1 / STEP));
  document.getElementById("graph-zoom-fit").addEventListener("click", fit);
  search.addEventListener("input", showFound);
  showView();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
document.addEventListener("spangraph:updated", () => {
  if (!panel) return;
  // Another topology has another layout, where what was seen is elsewhere.
  const fresh = drawing()?.dataset.fit;
  if (size && fresh && fresh !== size) view = null;
  size = fresh ?? size;
  showView();
  showFound();
  showNeighbours();
  const element = current && document.getElementById(current);
  if (element) tell(element);
});
