//go:build js && wasm

// Command corsac-wasm is the engine for JavaScript. It defines one function,
//
//	corsacAsk(question: string): string
//
// which takes a question in JSON, as [verdict.ParseQuestion] reads it, and
// returns the verdict in JSON, or {"error": "…", "member": "…"} if the question
// cannot be asked. It never throws. Build it with "make wasm"; run it with
// lib/wasm/wasm_exec.js of the same Go:
//
//	const go = new Go();
//	const {instance} = await WebAssembly.instantiateStreaming(fetch("corsac.wasm"), go.importObject);
//	go.run(instance); // corsacAsk is there when it returns
//	const verdict = JSON.parse(corsacAsk(JSON.stringify(question)));
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
		if len(args) != 1 || args[0].Type() != js.TypeString {
			return `{"error":"corsacAsk takes one string"}`
		}
		return ask([]byte(args[0].String()))
	}))
	select {} // the function is called for as long as the page lives
}

// decide answers a question, with the causes.
func decide(question []byte) (*verdict.Verdict, error) {
	q, err := verdict.ParseQuestion(question)
	if err != nil {
		return nil, err
	}
	v, err := q.Ask()
	if err != nil {
		return nil, err
	}
	cause.Annotate(v)
	return v, nil
}

func ask(question []byte) string {
	var answer any
	v, err := decide(question)
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
