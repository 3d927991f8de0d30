// The API of the inspector. Each request has the token of the page, which scripts of
// other pages do not know.

const token = document.querySelector("meta[name=corsac-token]").content;
const base = new URL("api/", document.baseURI);

async function call(path, options = {}) {
  const response = await fetch(new URL(path, base), {
    cache: "no-store", ...options, headers: { "X-Corsac-Token": token, ...options.headers },
  });
  return response;
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Error(body?.text ?? `corsac dev answers ${response.status}`);
  return body;
}

export const get = async (path) => answer(await call(path));

export const post = async (path, body = {}) => answer(await call(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}));

// follow calls on.change with what changes after an event, on.reset if the list has
// to be asked for again, and on.live with whether it is connected. It returns a
// function that stops it and returns the ID of the last event.
export function follow(last, on) {
  const stop = new AbortController();
  let wait = 250;
  (async () => {
    while (!stop.signal.aborted) {
      try {
        const response = await call("events", { headers: { "Last-Event-ID": last }, signal: stop.signal });
        if (!response.ok) throw new Error(String(response.status));
        on.live(true);
        wait = 250;
        for await (const event of events(response.body)) {
          if (event.id) last = event.id;
          if (event.name === "reset") {
            stop.abort();
            on.reset();
            return;
          }
          on.change(JSON.parse(event.data));
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error.message === "403") { // another corsac dev, with another token
          on.reset();
          return;
        }
      }
      on.live(false);
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 2, 5000);
    }
  })();
  return () => {
    stop.abort();
    return last;
  };
}

// events yields the events of a stream (https://html.spec.whatwg.org/#server-sent-events),
// in the form in which corsac writes them.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      const event = { name: "", id: "", data: "" };
      for (const line of rest.slice(0, end).split("\n")) {
        const [field, text] = [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)];
        if (field === "event") event.name = text;
        else if (field === "id") event.id = text;
        else if (field === "data") event.data = text;
      }
      yield event;
    }
  }
}
