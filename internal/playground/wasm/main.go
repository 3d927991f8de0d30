//go:build js && wasm

// Command wasm is the engine for JavaScript. It defines one function,
//
//	corsacDecide(question: string): string
//
// which takes a question in JSON and gives a verdict in JSON, as package playground says, and never
// throws. Build it with "make wasm"; run it with lib/wasm/wasm_exec.js of the same Go:
//
//	const go = new Go();
//	const {instance} = await WebAssembly.instantiateStreaming(fetch("corsac.wasm"), go.importObject);
//	go.run(instance); // corsacDecide is there when it returns
//	const verdict = JSON.parse(corsacDecide(JSON.stringify(question)));
package main

import (
	"syscall/js"

	"github.com/corsac-dev/corsac/internal/playground"
)

func main() {
	js.Global().Set("corsacDecide", js.FuncOf(func(_ js.Value, args []js.Value) (answer any) {
		defer func() { // a panic would end the program, and with it the page's engine
			if v := recover(); v != nil {
				answer = `{"error":"internal error"}`
			}
		}()
		if len(args) != 1 || args[0].Type() != js.TypeString {
			return `{"error":"corsacDecide takes one string"}`
		}
		return string(playground.Decide([]byte(args[0].String())))
	}))
	select {} // the function is called for as long as the page lives
}
