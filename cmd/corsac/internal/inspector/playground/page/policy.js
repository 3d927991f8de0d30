"use strict";

// The policies of a text in YAML or JSON. The page reads as much of YAML as policies
// take: mappings and lists, by indentation or in brackets, and texts on one line. What
// is not of that kind is refused with its line, never read as something else. A whole
// YAML parser would not fit into the engine.

(() => {
  class Mistake extends Error {
    constructor(line, text) {
      super(line ? `Line ${line}. ${text}` : text);
    }
  }

  // lines returns what there is to read: the number of a line, its indentation and its
  // text without comments.
  function lines(text) {
    const all = [];
    let ended = false; // the first document
    text.split(/\r?\n/).forEach((raw, i) => {
      const line = i + 1, body = uncommented(raw).trimEnd();
      if (/^ *\t/.test(body)) throw new Mistake(line, "There is a tab before the text; YAML wants spaces.");
      if (!body.trim()) return;
      if (/^(---|\.\.\.)$/.test(body)) {
        ended ||= all.length > 0;
        return;
      }
      if (ended) throw new Mistake(line, "A second document begins here; the playground reads one.");
      all.push({ line, indent: body.length - body.trimStart().length, text: body.trimStart() });
    });
    return all;
  }

  // uncommented returns a line without its comment.
  function uncommented(raw) {
    let quote = "";
    for (let i = 0; i < raw.length; i++) {
      if (quote === "\"" && raw[i] === "\\") i++;
      else if (quote) quote = raw[i] === quote ? "" : quote;
      else if (/["']/.test(raw[i]) && /^$|[\s[{,:-]/.test(raw[i - 1] ?? "")) quote = raw[i];
      else if (raw[i] === "#" && /^$|\s/.test(raw[i - 1] ?? "")) return raw.slice(0, i);
    }
    return raw;
  }

  // Block is a reader of lines.
  class Block {
    constructor(all) {
      this.all = all;
      this.next = 0;
    }

    // node reads what begins at an indentation.
    node(indent) {
      return /^-( |$)/.test(this.all[this.next].text) ? this.list(indent) : this.mapping(indent);
    }

    list(indent) {
      const list = [];
      for (let l; (l = this.all[this.next]) && l.indent === indent && /^-( |$)/.test(l.text);) {
        const rest = l.text.slice(1).trim();
        if (entry(rest)) { // a mapping, whose first line is also that of the entry
          const inside = indent + l.text.length - rest.length;
          this.all[this.next] = { ...l, indent: inside, text: rest };
          list.push(this.mapping(inside));
        } else list.push(this.field(rest, l, indent));
      }
      this.end(indent);
      return list;
    }

    mapping(indent) {
      const map = new Map();
      for (let l; (l = this.all[this.next]) && l.indent === indent;) {
        const found = entry(l.text);
        if (!found) throw new Mistake(l.line, `${l.text} is not a field; write a name and a colon, such as allow_origins: [https://app.example.com].`);
        const [name, rest] = found;
        add(map, name, l.line, () => this.field(rest, l, indent));
      }
      this.end(indent);
      return map;
    }

    // field returns the value of a field: what follows its colon, or the lines below.
    field(rest, l, indent) {
      if (rest) return this.value(rest, l.line);
      const below = this.all[++this.next];
      if (below && (below.indent > indent || below.indent === indent && /^-( |$)/.test(below.text))) return this.node(below.indent);
      return null;
    }

    // value returns what is on one line, or in brackets on several.
    value(text, line) {
      this.next++;
      while (/^[[{]/.test(text) && !closed(text) && this.next < this.all.length) text += ` ${this.all[this.next++].text}`;
      return new Flow(text, line).whole();
    }

    // end refuses lines that are indented otherwise.
    end(indent) {
      const l = this.all[this.next];
      if (l && l.indent > indent) throw new Mistake(l.line, "This line is indented further than the one before, or belongs to none.");
    }
  }

  // entry returns the name and the rest of a field, or null.
  function entry(text) {
    const m = /^("[^"]*"|'[^']*'|[\w-]+)\s*:(?:\s+(.*))?$/.exec(text);
    return m && [m[1].replace(/^["']|["']$/g, ""), m[2] ?? ""];
  }

  // add adds a field of a line, with the value that read returns, to a mapping.
  function add(map, name, line, read) {
    if (map.has(name)) throw new Mistake(line, `${name} is there twice.`);
    map.set(name, { line, value: read() });
  }

  // closed reports whether all brackets of a text are.
  function closed(text) {
    let depth = 0, quote = "";
    for (let i = 0; i < text.length; i++) {
      if (quote === "\"" && text[i] === "\\") i++;
      else if (quote) quote = text[i] === quote ? "" : quote;
      else if (/["']/.test(text[i])) quote = text[i];
      else if (/[[{]/.test(text[i])) depth++;
      else if (/[\]}]/.test(text[i])) depth--;
    }
    return depth <= 0;
  }

  // Flow is a reader of a value on one line.
  class Flow {
    constructor(text, line) {
      Object.assign(this, { text, line, at: 0 });
    }

    fail(why) { throw new Mistake(this.line, why); }

    skip() { while (/\s/.test(this.text[this.at] ?? "")) this.at++; }

    whole() {
      const value = this.value(/$^/);
      this.skip();
      if (this.at < this.text.length) this.fail(`There is something after the value: ${this.text.slice(this.at)}`);
      return value;
    }

    // value reads a value, which ends before what matches end.
    value(end) {
      this.skip();
      const c = this.text[this.at];
      if (c === "[") return this.list();
      if (c === "{") return this.mapping();
      if (c === "\"" || c === "'") return this.quoted(c);
      if (/[&*!|>%@`]/.test(c ?? "") && !(c === "*" && /^\*\s*([,\]}]|$)/.test(this.text.slice(this.at)))) {
        this.fail(`The playground does not read a value that begins with ${c}; put it into quotes if it is a text.`);
      }
      const from = this.at;
      while (this.at < this.text.length && !end.test(this.text[this.at])) this.at++;
      return scalar(this.text.slice(from, this.at).trim(), this);
    }

    quoted(quote) {
      const rest = this.text.slice(this.at);
      const m = (quote === "\"" ? /^"(?:[^"\\]|\\.)*"/ : /^'(?:[^']|'')*'/).exec(rest);
      if (!m) this.fail(`A ${quote} is not closed.`);
      this.at += m[0].length;
      if (quote === "'") return m[0].slice(1, -1).replaceAll("''", "'");
      try { return JSON.parse(m[0]); } catch { return this.fail(`${m[0]} is not a text in quotes.`); }
    }

    list() {
      const list = [];
      this.items("]", () => list.push(this.value(/[,\]]/)));
      return list;
    }

    mapping() {
      const map = new Map();
      this.items("}", () => {
        const m = /^("[^"]*"|'[^']*'|[\w-]+)\s*:/.exec(this.text.slice(this.at));
        if (!m) this.fail(`${this.text.slice(this.at)} is not a field; write a name and a colon.`);
        this.at += m[0].length;
        add(map, m[1].replace(/^["']|["']$/g, ""), this.line, () => this.value(/[,}]/));
      });
      return map;
    }

    // items reads what is between brackets, up to close.
    items(close, item) {
      this.at++;
      for (;;) {
        this.skip();
        if (this.text[this.at] === close) return void this.at++;
        if (this.at >= this.text.length) this.fail(`A bracket is not closed with ${close}.`);
        if (this.text[this.at] === ",") this.fail("There is no value before a comma.");
        item();
        this.skip();
        if (this.text[this.at] === ",") this.at++;
        else if (this.text[this.at] !== close) this.fail(`Between values there is a comma, and at the end ${close}.`);
      }
    }
  }

  // scalar returns what a text without quotes means in a policy.
  function scalar(text, at) {
    if (text === "" || text === "~" || text === "null") return null;
    if (text === "true" || text === "false") return text === "true";
    if (/^\d{1,9}$/.test(text)) return Number(text);
    if (/: |:$/.test(text)) at.fail(`${text} has a colon; put it into quotes.`);
    return text;
  }

  // plain returns a value for JSON. Entries of lists are texts.
  function plain(value, inList) {
    if (value instanceof Map) return Object.fromEntries([...value].map(([name, f]) => [name, plain(f.value)]));
    if (Array.isArray(value)) return value.map((v) => plain(v, true));
    return inList && value !== null ? String(value) : value;
  }

  // policies returns the policies of a text, by name; "" is the name of one without. Of
  // each it has the JSON and the lines of its fields.
  self.corsacPolicies = (text) => {
    const all = lines(text);
    if (!all.length) throw new Mistake(0, "There is no policy yet.");
    let root = all[0].text.startsWith("{") ? new Flow(all.map((l) => l.text).join(" "), 0).whole() : undefined;
    if (root === undefined) {
      const block = new Block(all);
      root = block.node(all[0].indent);
      if (block.next < all.length) throw new Mistake(all[block.next].line, "This line is indented less than the first one.");
    }
    if (!(root instanceof Map)) throw new Mistake(0, "A policy has fields, such as allow_origins: [https://app.example.com].");
    const of = (map, line) => {
      if (!(map instanceof Map)) throw new Mistake(line, "A policy has fields, such as allow_origins: [https://app.example.com].");
      return { json: JSON.stringify(plain(map)), line: (field) => map.get(field)?.line ?? 0 };
    };
    const named = root.get("policies");
    if (!named) return new Map([["", of(root, 0)]]);
    if (!(named.value instanceof Map) || !named.value.size) throw new Mistake(named.line, "Below policies, each policy has a name, such as app.");
    return new Map([...named.value].map(([name, f]) => [name, of(f.value, f.line)]));
  };
})();
