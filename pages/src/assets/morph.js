// Changes one DOM tree into another with as few changes as it can, so that focus, scroll and hover stay.

const KEPT = "data-keep";
const FIELDS = "input, select";

/** What an element is known by among its siblings, if by anything; an option by what it stands for. */
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  return node.id || node.getAttribute("data-key") || (node.nodeName === "OPTION" ? `option ${node.value}` : null);
}

function isSameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

/** Attributes that the reader or a script changed are not to be set back: those named in data-keep, and open details. */
function isKept(element, name) {
  if (element.nodeName === "DETAILS" && name === "open") return true;
  if (element === document.activeElement && (name === "value" || name === "checked")) return true;
  return (element.getAttribute(KEPT) ?? "").split(" ").includes(name);
}

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isKept(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isKept(from, name)) from.setAttribute(name, value);
  }
}

/** Fields that were changed by hand no longer follow their attributes: they are set, but not while one is in them. */
function morphField(from, to) {
  if (from === document.activeElement) return;
  if (from.nodeName === "SELECT" || from.nodeName === "INPUT") from.value = to.value;
  if (from.nodeName === "INPUT") from.checked = to.checked;
}

/** Makes the children of `from` those of `to`: keyed ones are found wherever they stand, others by position. */
function morphChildren(from, to) {
  const keyed = new Map();
  for (const child of from.childNodes) {
    const key = keyOf(child);
    if (key) keyed.set(key, child);
  }
  let next = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    let found = key ? keyed.get(key) : next;
    if (!found || !isSameKind(found, wanted)) found = null;
    if (!found) {
      from.insertBefore(document.importNode(wanted, true), next);
      continue;
    }
    if (found === next) next = next.nextSibling;
    else from.insertBefore(found, next);
    morph(found, wanted);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/** Changes `from` into `to`, which is of the same kind. Content of an element with data-keep="content" stays. */
export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  if (!from.isEqualNode(to)) {
    morphAttributes(from, to);
    if (!isKept(from, "content")) morphChildren(from, to);
  } else if (from.querySelector(FIELDS)) {
    for (const [index, field] of [...from.querySelectorAll(FIELDS)].entries()) {
      morphField(field, to.querySelectorAll(FIELDS)[index]);
    }
  }
  morphField(from, to);
}
