package stacks

import "testing"

// TestPythonOwnOpen checks that a header with something made of the origin is not
// read as if every origin were allowed.
func TestPythonOwnOpen(t *testing.T) {
	for _, value := range []string{
		`pick(request.headers.get("Origin"))`,
		`request.headers.get("Origin") if ok(request) else "https://a.example"`,
		`request.headers.get("Origin").replace("a", "b")`,
		`known[request.headers.get("Origin")]`,
		`"https://" + request.headers["Origin"]`,
	} {
		text := "from flask import Flask, request\napp = Flask(__name__)\n@app.after_request\ndef a(resp):\n    resp.headers[\"Access-Control-Allow-Origin\"] = " + value + "\n    return resp\n"
		checkOpen(t, text, Lookup("flask").Source.Read(fastapiTree(map[string]string{"app.py": text})))
	}
}
