package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// engine returns the file of the engine: what "make wasm" has written into the folder
// that CORSAC_ENGINE names, or one that is built in the same way.
func engine(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	if dir := os.Getenv("CORSAC_ENGINE"); dir != "" {
		return filepath.Join(dir, "corsac.wasm")
	}
	file := filepath.Join(t.TempDir(), "corsac.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags=nethttpomithttp2", "-ldflags=-s -w", "-o", file, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// TestWasm asks the engine for JavaScript in Node what is asked here.
func TestWasm(t *testing.T) {
	file := engine(t)
	compressed := size(t, file)
	if compressed > 2_500_000 {
		t.Errorf("the engine has %d bytes compressed; a page has to load them", compressed)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CORSAC_REQUIRE_BROWSERS") == "1" {
			t.Fatal("CORSAC_REQUIRE_BROWSERS=1, but Node.js is not installed: apt-get install nodejs")
		}
		t.Skip("Node.js is not installed: apt-get install nodejs")
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	const asked = `{"origin":"https://app.example.com","url":"https://api.example.com/items","method":"PUT"`
	const allowed = `{"Access-Control-Allow-Origin":"https://app.example.com","Access-Control-Allow-Methods":"PUT"}`
	questions := []string{
		asked + `,"wire":[{"status":204},{"status":200}]}`,
		asked + `,"wire":[{"status":204,"response_headers":` + allowed + `},{"status":200,"response_headers":` + allowed + `}]}`,
		asked + `,"profile":"all","explain":true,"headers":[["X-A","é"]]}`,
	}
	refused := []string{`{`, asked + `,"mode":"corss"}`}
	const policy = `{"allow_origins":["https://app.example.com"],"allow_methods":["PUT"]}`
	withPolicy := []any{
		[]string{asked + `}`, policy},
		[]string{asked + `,"headers":[["X-A","1"]]}`, policy},
		[]string{asked + `}`, `{"allow_origins":["x"]}`},
		[]string{asked + `}`, `{"origins":[]}`},
		[]string{asked + `}`, `{"allow_method":[]}`},
		[]string{asked + `}`, `{"allow_methods":"PUT"}`},
		[]string{asked + `}`, `{"allow_origins":["*"],"allow_credentials":true,"max_age":"48h"}`},
		[]string{asked + `}`, `{"max_age":"soon"}`},
		[]string{asked + `}`, `[]`},
	}
	all := withPolicy
	for _, question := range slices.Concat(questions, refused) {
		all = append(all, question)
	}
	input, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), node, "testdata/ask.cjs", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"), file)
	run.Stdin = bytes.NewReader(input)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(all)+2 {
		t.Fatalf("%v: %s", err, out)
	}
	for i, want := range []string{
		`"result":"allowed"`, `"field":"allow_headers","values":["x-a"]`, `{"error":"policy: allow_origins[0]: \"x\": `, `{"error":"policy: origins: there is no such field`,
		`policy: allow_method: there is no such field; did you mean allow_methods?`, `policy: allow_methods: it takes a list, such as [a, b], not a string`,
		`allow_credentials`, `policy: max_age: `, `policy: it is not a mapping of fields`,
	} {
		if strings.Contains(got[i], "Allow") && strings.Contains(got[i], `{"error"`) || strings.Contains(got[i], "Go ") {
			t.Errorf("with the policy in %q: %.300s has a name of Go", withPolicy[i], got[i])
		}
		if !strings.Contains(got[i], want) {
			t.Errorf("with the policy in %q: %.300s lacks %s", withPolicy[i], got[i], want)
		}
		if strings.Contains(got[i], "preflight_status") {
			t.Errorf("the policy in %q needs no other status: %.300s", withPolicy[i], got[i])
		}
	}
	got = got[len(withPolicy):]
	for i, question := range questions {
		if want := ask(t, question); got[i] != want {
			t.Errorf("%s: in wasm %.200s\nhere %.200s", question, got[i], want)
		}
	}
	if !strings.Contains(got[0], `"result":"blocked"`) || !strings.Contains(got[1], `"result":"allowed"`) {
		t.Errorf("not blocked and allowed: %s", out)
	}
	for _, bad := range got[len(questions):] {
		if !strings.HasPrefix(bad, `{"error":"`) {
			t.Errorf("a wrong question or call is answered with %s", bad)
		}
	}
	if want := `,"member":"mode"}`; !strings.HasSuffix(got[len(questions)+1], want) {
		t.Errorf("%s lacks %s", got[len(questions)+1], want)
	}
}

// ask returns the verdict on a question as JSON.
func ask(t *testing.T, question string) string {
	t.Helper()
	q, err := verdict.ParseQuestion([]byte(question))
	if err != nil {
		t.Fatal(err)
	}
	v, err := q.Ask()
	if err != nil {
		t.Fatal(err)
	}
	cause.Annotate(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// size logs the size of a file, and returns it compressed.
func size(t *testing.T, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var compressed bytes.Buffer
	z, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(b)
	_ = z.Close()
	t.Logf("corsac.wasm: %d bytes, %d with gzip", len(b), compressed.Len())
	return compressed.Len()
}
