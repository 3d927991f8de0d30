// What goes wrong on purpose: a dialog that sets it for each API, and a line above
// the list that says so while something does.

import { post } from "./api.js";
import { h, toast } from "./dom.js";

export class Faults {
  #routes = [];

  constructor() {
    this.button = document.getElementById("faults");
    this.banner = document.getElementById("faults-on");
    this.dialog = document.getElementById("faults-dialog");
    this.fields = document.getElementById("fault-routes");
    this.error = document.getElementById("faults-error");
    this.button.addEventListener("click", () => this.#open());
    document.getElementById("faults-apply").addEventListener("click", () => this.#apply());
    document.getElementById("faults-clear").addEventListener("click", () => this.#set(this.#routes.map((r) => ({ ...r, delay: "", fail: "", offline: false }))));
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") {
        event.preventDefault();
        this.#apply();
      }
    });
  }

  // show shows the routes as they are now.
  show(routes) {
    this.#routes = routes;
    this.button.hidden = routes.length === 0;
    const wrong = routes.filter((r) => r.text);
    this.banner.hidden = wrong.length === 0;
    this.banner.replaceChildren(h("b", {}, "On purpose"),
      h("span", {}, wrong.map((r, i) => [i ? "; " : "", h("code", {}, r.host + r.path || "/"), ` ${r.text}`])),
      h("button", { type: "button", onclick: () => this.#open() }, "Change"));
  }

  #open() {
    this.error.textContent = "";
    this.fields.replaceChildren(...this.#routes.map((r, i) => h("fieldset", { dataset: { index: i } },
      h("legend", {}, h("code", {}, r.host + r.path || "/"), h("small", {}, r.upstream || "a mock")),
      h("label", {}, "Delay", h("input", { name: "delay", value: r.delay, placeholder: "300ms", spellcheck: "false", autocomplete: "off" })),
      h("label", {}, "Fail", h("input", { name: "fail", value: r.fail, placeholder: "500@10%", spellcheck: "false", autocomplete: "off" })),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "offline", checked: r.offline }), " Offline"))));
    this.dialog.showModal();
  }

  #apply() {
    return this.#set([...this.fields.children].map((e) => {
      const field = (name) => e.querySelector(`[name=${name}]`);
      return { ...this.#routes[e.dataset.index], delay: field("delay").value.trim(), fail: field("fail").value.trim(), offline: field("offline").checked };
    }));
  }

  // set sets what has changed of each route. The first mistake ends it.
  async #set(routes) {
    try {
      for (const [i, r] of routes.entries()) {
        const { host, path, delay, fail, offline } = r, before = this.#routes[i];
        if (delay === before.delay && fail === before.fail && offline === before.offline) continue;
        this.show(await post("faults", { host, path, delay, fail, offline }));
      }
    } catch (error) {
      this.error.textContent = error.message;
      return;
    }
    this.dialog.close();
    toast(this.#routes.some((r) => r.text) ? "This goes wrong from now on" : "Nothing goes wrong on purpose any more");
  }
}
