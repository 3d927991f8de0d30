//go:build js && wasm

// Command corsac-wasm is the engine for JavaScript. It defines one function,
//
//	corsacAsk(question: string, policy?: string): string
//
// which takes a question in JSON, as [verdict.ParseQuestion] reads it, and
// returns the verdict in JSON, or {"error": "…", "member": "…"} if the question
// cannot be asked. It never throws. It is the engine of "corsac playground" and of
// the inspector's playground, and has at most 2.5 MB with gzip. Build it with "make
// wasm"; run it with lib/wasm/wasm_exec.js of the same Go:
//
//	const go = new Go();
//	const {instance} = await WebAssembly.instantiateStreaming(fetch("corsac.wasm"), go.importObject);
//	go.run(instance); // corsacAsk is there when it returns
//	const verdict = JSON.parse(corsacAsk(JSON.stringify(question)));
//
// A second argument is a policy in JSON, as [cors.Policy] has it: the server then
// answers as the policy says, and a wire in the question is not used.
package main

import (
	"encoding/json"
	"errors"
	"syscall/js"

	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func main() {
	js.Global().Set("corsacAsk", js.FuncOf(func(_ js.Value, args []js.Value) (answer any) {
		defer func() { // a panic would end the program, and with it the page's engine
			if v := recover(); v != nil {
				answer = `{"error":"internal error"}`
			}
		}()
		for _, arg := range args {
			if arg.Type() != js.TypeString {
				args = nil
			}
		}
		switch len(args) {
		case 1:
			return ask([]byte(args[0].String()), nil)
		case 2:
			return ask([]byte(args[0].String()), []byte(args[1].String()))
		}
		return `{"error":"corsacAsk takes a question and perhaps a policy, as strings"}`
	}))
	select {} // the function is called for as long as the page lives
}

// decide answers a question, with the causes. policy is that of the server, or nil.
func decide(question, policy []byte) (*verdict.Verdict, error) {
	q, err := verdict.ParseQuestion(question)
	if err != nil {
		return nil, err
	}
	if policy != nil {
		return askPolicy(q, policy)
	}
	v, err := q.Ask()
	if err != nil {
		return nil, err
	}
	cause.Annotate(v)
	return v, nil
}

func ask(question, policy []byte) string {
	var answer any
	v, err := decide(question, policy)
	if answer = v; err != nil {
		refusal := map[string]string{"error": err.Error()}
		if e := new(verdict.QuestionError); errors.As(err, &e) && e.Member != "" {
			refusal["member"] = e.Member
		}
		answer = refusal
	}
	b, err := json.Marshal(answer)
	if err != nil { // nothing in a verdict can do this
		return `{"error":"the verdict cannot be written"}`
	}
	return string(b)
}
