// node ask.cjs WASM_EXEC CORSAC_WASM: reads a JSON array of questions, or of pairs of question
// and policy, from standard input, writes
// that of the answers, and of two calls that are wrong.
"use strict";
const fs = require("fs");
require(process.argv[2]);

const go = new Go();
WebAssembly.instantiate(fs.readFileSync(process.argv[3]), go.importObject).then(({instance}) => {
	go.run(instance);
	const answers = JSON.parse(fs.readFileSync(0, "utf8")).map((q) => (Array.isArray(q) ? corsacAsk(...q) : corsacAsk(q)));
	answers.push(corsacAsk(), corsacAsk("x".repeat(1 << 21)));
	fs.writeSync(1, JSON.stringify(answers));
	process.exit(0);
});
