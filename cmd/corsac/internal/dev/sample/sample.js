const calls = [
  {name: "List the items", line: "GET /api/items", run: () => fetch("/api/items")},
  {
    name: "Rename one", line: "PUT /api/items/1, with JSON: elsewhere, the browser would send a preflight first",
    run: () => fetch("/api/items/1", {method: "PUT", headers: {"Content-Type": "application/json"}, body: JSON.stringify({name: "corsac fox"})}),
  },
  {
    name: "Sign in, and ask who I am", line: "POST /api/login, then GET /api/me with its cookie",
    run: async () => { await fetch("/api/login", {method: "POST"}); return fetch("/api/me"); },
  },
  {name: "Ask for something broken", line: "GET /api/broken: the page can read the error", run: () => fetch("/api/broken")},
];

const list = document.getElementById("calls");
for (const call of calls) {
  const item = document.createElement("li");
  const text = document.createElement("div");
  const name = document.createElement("b");
  const line = document.createElement("small");
  const button = document.createElement("button");
  const output = document.createElement("output");
  name.textContent = call.name;
  line.textContent = call.line;
  button.textContent = "Run";
  button.setAttribute("aria-label", "Run: " + call.name);
  button.onclick = async () => {
    try {
      const response = await call.run();
      output.className = response.ok ? "good" : "bad";
      output.textContent = `${response.status} ${response.statusText} ${(await response.text()).trim()}`;
    } catch (error) {
      output.className = "bad";
      output.textContent = String(error);
    }
  };
  text.append(name, line);
  item.append(text, button, output);
  list.append(item);
}
