// Small helpers for making elements. Text always becomes text, never markup.

const svgNS = "http://www.w3.org/2000/svg";

// h returns an element. Of its properties, class, dataset and on… are special; all
// others become attributes, unless they are false or null.
export function h(name, properties = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") e.className = value;
    else if (key === "dataset") Object.assign(e.dataset, value);
    else if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value === true) e.setAttribute(key, "");
    else if (value !== false && value != null) e.setAttribute(key, value);
  }
  e.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return e;
}

// symbol returns one of the drawings in the page.
export function symbol(id) {
  const svg = document.createElementNS(svgNS, "svg");
  const use = document.createElementNS(svgNS, "use");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

// icon returns the sign of a state, which goes with a word or a label.
export function icon(state, label) {
  const svg = symbol(`i-${state}`);
  svg.setAttribute("class", "icon");
  svg.dataset.state = state;
  if (label) {
    svg.removeAttribute("aria-hidden");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  }
  return svg;
}

export const words = {
  allowed: "Allowed", blocked: "Blocked", unknown: "Unknown", failed: "No response", free: "Not about CORS",
};

// toast says that something was done, for a moment.
export function toast(text) {
  const e = document.getElementById("toast");
  e.textContent = text;
  e.dataset.shown = "";
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => delete e.dataset.shown, 2200);
}

// copyButton returns a button that copies a text.
export function copyButton(label, text) {
  return h("button", {
    type: "button", class: "copy",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text());
        toast("Copied");
      } catch {
        toast("The browser does not let this page copy; select the text instead");
      }
    },
  }, label);
}

// code returns lines to paste, with a button that copies them.
export function code(text, label = "Copy") {
  return h("div", { class: "code" }, h("pre", { tabindex: "0" }, h("code", {}, text)), copyButton(label, () => text));
}

// debounced returns a function that runs f once its calls pause.
export function debounced(f, milliseconds) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), milliseconds);
  };
}

// throttled returns a function that runs f soon, and then at most once per interval.
export function throttled(f, milliseconds) {
  let timer = 0, last = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      last = Date.now();
      f();
    }, Math.max(200, last + milliseconds - Date.now()));
  };
}
