package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// corsacCheck runs corsac check without probes, with text on standard input.
func corsacCheck(t *testing.T, in string, args ...string) (out, errs string, status int) {
	t.Helper()
	var o, e bytes.Buffer
	status = cli.Run(t.Context(), append([]string{"check", "--passive"}, args...), cli.IO{In: strings.NewReader(in), Out: &o, Err: &e, Getenv: noEnv})
	return o.String(), e.String(), status
}

// TestCheckPaste checks that a paste makes the copied request, with its page.
func TestCheckPaste(t *testing.T) {
	var requests seen
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		allow(w, "Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "content-type, x-a", "Access-Control-Allow-Credentials", "true")
	})
	for _, c := range []struct {
		paste  string
		args   []string
		method string
		header http.Header
		body   string
	}{
		{
			"curl '" + api + "/x' -X PUT -H 'content-type: application/json' -H 'X-A: 1' -H 'Origin: " + testOrigin + "' -H 'User-Agent: Mozilla/5.0 Copied' -H 'Cookie: sid=1' --data-raw $'{\"a\":\"it\\'s\"}'", nil,
			"PUT",
			http.Header{"X-A": {"1"}, "User-Agent": {"Mozilla/5.0 Copied"}, "Content-Type": {"application/json"}},
			`{"a":"it's"}`,
		},
		{"curl " + api + "/x -d a=b", []string{"--origin", testOrigin}, "POST", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"Mozilla/5.0 (compatible; corsac)"}}, "a=b"},
		{
			"fetch('" + api + "/x', {method: 'PUT', headers: {'X-A': '1'}, body: JSON.stringify({a: 1}), credentials: 'include', referrer: '" + testOrigin + "/p'})",
			[]string{"-H", "X-A: 2", "--cookie", "sid=2"},
			"PUT",
			http.Header{"X-A": {"2"}, "Referer": {testOrigin + "/"}, "Content-Type": {"text/plain;charset=UTF-8"}},
			`{"a":1}`,
		},
		{"curl -F a=b " + api, []string{"--origin", testOrigin, "-X", "PUT"}, "PUT", nil, ""},
	} {
		out, errs, status := corsacCheck(t, c.paste, append([]string{"--from", "auto", "-"}, c.args...)...)
		sent, bodies := requests.drain()
		if status != 0 || len(sent) == 0 {
			t.Errorf("%s\n%s%s", c.paste, out, errs)
			continue
		}
		last := sent[len(sent)-1]
		for name, want := range c.header {
			if got := last.Header.Get(name); got != want[0] {
				t.Errorf("%s\n%s: %q, want %q", c.paste, name, got, want[0])
			}
		}
		if body := bodies[len(bodies)-1]; last.Method != c.method || c.body != "" && body != c.body {
			t.Errorf("%s\n%s %q", c.paste, last.Method, body)
		}
	}
	// A preflight is sent; the request that it asks about is not.
	preflight := "curl " + api + "/x -X OPTIONS -H 'Origin: " + testOrigin + "' -H 'Access-Control-Request-Method: PUT'"
	out, errs, status := corsacCheck(t, preflight, "--from", "curl", "-")
	if sent, _ := requests.drain(); status != 0 || len(sent) != 1 || sent[0].Method != "OPTIONS" || !strings.Contains(out, "allowed so far") {
		t.Errorf("%d requests, status %d\n%s%s", len(sent), status, out, errs)
	}
	// The page of one request applies to all, and documents are skipped.
	all := "curl " + api + "/ -H 'Sec-Fetch-Mode: navigate'; curl " + api + "/1; curl " + api + "/2 -H 'Origin: " + testOrigin + "'"
	out, errs, status = corsacCheck(t, all, "--from", "curl", "-")
	if sent, _ := requests.drain(); status != 0 || len(sent) != 2 || !strings.HasSuffix(errs, "2 requests: 2 allowed\n") {
		t.Errorf("%d requests, status %d\n%s%s", len(sent), status, out, errs)
	}
	// Flags override the paste, all values of one name together. Relative URLs
	// belong to the page.
	relative := "fetch('x?y', {headers: {'X-A': '0'}, referrer: '" + api + "/p/'})"
	_, errs, status = corsacCheck(t, relative, "--from", "fetch", "-", "-H", "X-A: 1", "-H", "x-a: 2")
	if sent, _ := requests.drain(); status != 0 || sent[0].RequestURI != "/p/x?y" || sent[0].Header.Get("X-A") != "1, 2" {
		t.Errorf("status %d: %s", status, errs)
	}
	for in, want := range map[string]string{
		"curl x.y; curl x.y":         "request 1 of 2, http://x.y: the paste does not say",
		"curl x.y -H 'Origin: *'":    "the Origin of the paste",
		"curl 'x.y":                  "copy the whole command",
		"fetch('x', {referrer: ''})": "does not say which page",
	} {
		if _, errs, status := corsacCheck(t, in, "--from", "auto", "-"); status != cli.ExitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d: %s", in, status, errs)
		}
	}
	if _, errs, status := corsacCheck(t, "", "--from", "auto", "https://x.example/"); status != cli.ExitUsage || !strings.Contains(errs, "write the name of a file, or - to paste it") {
		t.Errorf("status %d: %s", status, errs)
	}
	file := filepath.Join(t.TempDir(), "paste.txt")
	if err := os.WriteFile(file, []byte("curl "+api+"/1; curl "+api+"/2"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, status = corsacCheck(t, "", "--from", "curl", file, "--origin", testOrigin)
	if status != 0 || !strings.Contains(out, "Request 1 of 2\n") || !strings.Contains(out, "Request 2 of 2\n") {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
}

// TestCheckBatch checks that a batch keeps its order, however long each request
// takes, and never exceeds its concurrency.
func TestCheckBatch(t *testing.T) {
	var now, most atomic.Int32
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(time.Duration(len(r.URL.Query().Get("slow"))) * 20 * time.Millisecond)
		if r.URL.Path != "/closed" {
			allow(w, "X-Total", "1")
		}
	})
	lines := []string{
		`{"id": {"a": 1}, "url": "{api}/?slow=xxx", "origin": "{origin}"}`,
		`{"url": "{api}/closed", "read_headers": ["X-Total"]}`,
		``,
		`{"url": "{api}/put", "method": "PUT", "headers": {"Content-Type": "application/json"}, "body": "{}"}`,
		`{"url": "{api}/", "origin": "https://other.example"}`,
		`{"url": "{api}/", "page": "http://127.0.0.1:1/"}`,
		`{"url": "{api}/img", "destination": "image", "mode": "cors", "headers": [["X-A", "é"]]}`,
		`{"url": "{api}/", "credentials": "include", "cookie": "sid=1", "redirect": "manual"}`,
	}
	for i := range 40 {
		lines = append(lines, fmt.Sprintf(`{"id": %d, "url": "{api}/?slow=%s"}`, i, strings.Repeat("x", (40-i)%4)))
	}
	text := strings.NewReplacer("{api}", api, "{origin}", testOrigin).Replace(strings.Join(lines, "\n"))
	out, errs, status := corsacCheck(t, text, "--batch", "-", "--origin", testOrigin, "--concurrency", "4")
	if status != cli.ExitBroken || most.Load() > 4 || most.Load() < 2 {
		t.Errorf("status %d, %d at a time\n%s", status, most.Load(), errs)
	}
	if want := "47 of 47 requests: 41 allowed, 5 blocked, 1 not made\n"; errs != want {
		t.Errorf("got %q, want %q", errs, want)
	}
	last := 0
	validateLines(t, out, func(line []byte) {
		var r struct {
			Line    int
			ID      json.RawMessage
			Failure string
			Result  string
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if r.Line <= last || (r.Failure == "") == (r.Result == "") {
			t.Errorf("line %d after %d: %s", r.Line, last, line)
		}
		last = r.Line
		if r.Line == 1 && string(r.ID) != `{"a":1}` {
			t.Errorf("id %s", r.ID)
		}
	})
	if last != len(lines) {
		t.Errorf("%d lines", last)
	}
}

// validateLines checks JSON Lines against the schema.
func validateLines(t *testing.T, out string, each func(line []byte)) {
	t.Helper()
	for line := range strings.Lines(out) {
		validateVerdict(t, []byte(line))
		each([]byte(line))
	}
}

// TestCheckBatchMistakes checks that all mistakes of a batch are reported at
// once, and nothing is sent.
func TestCheckBatchMistakes(t *testing.T) {
	var requests seen
	api := corsServer(t, func(_ http.ResponseWriter, r *http.Request) { requests.add(r) })
	lines := strings.ReplaceAll(strings.Join([]string{
		`{"url": "{api}", "origin": "http://localhost:3000"}`,
		`{"uri": "{api}"}`, `nope`, `[]`, `{"url": 1}`, `{"origin": "http://x.example"}`, `{"url": "{api}"}`, `{"url": "x.example", "origin": "null"}`,
		`{"url": "{api}", "origin": "x"}`, `{"url": "{api}", "origin": "null", "credentials": "all"}`, `{"url": "{api}", "origin": "null", "cookie": "a"}`,
		`{"url": "{api}", "origin": "null", "wire": [{"status": 200}]}`,
		`{"url": "{api}", "origin": "null"} {}`, `{"url": "{api}", "origin": "null", "headers": {"A": 1}}`, `{"url": "{api}", "origin": "null", "headers": [["A"]]}`,
	}, "\n"), "{api}", api)
	_, errs, status := corsacCheck(t, lines, "--batch", "-")
	if sent, _ := requests.drain(); status != cli.ExitUsage || len(sent) > 0 {
		t.Errorf("status %d, %d requests", status, len(sent))
	}
	golden(t, filepath.Join("testdata", "check", "batch-mistakes.txt"), errs)
	if _, errs, status = corsacCheck(t, strings.Repeat("{}\n", 100), "--batch", "-"); status != cli.ExitUsage || strings.Count(errs, "\n") != 22 || !strings.Contains(errs, "and 80 more lines") {
		t.Errorf("status %d\n%s", status, errs)
	}
	for _, in := range []string{"", "\n\n", strings.Repeat("\n", 100_001), "[{\"url\": \"x\"}]", "{\n\"url\": 1}", `{"url": "http://x/", "origin": "null"}}`} {
		if _, errs, status := corsacCheck(t, in, "--batch", "-"); status != cli.ExitUsage {
			t.Errorf("%d bytes: status %d\n%s", len(in), status, errs)
		}
	}
}

// lineWriter calls a function after a number of lines.
type lineWriter struct {
	bytes.Buffer
	lines int
	then  func()
}

func (w *lineWriter) Write(p []byte) (int, error) {
	if w.lines -= bytes.Count(p, []byte("\n")); w.lines == 0 {
		w.then()
	}
	return w.Buffer.Write(p)
}

// TestCheckBatchInterrupted checks that Ctrl-C ends a batch, and that the
// printed lines are complete.
func TestCheckBatchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
		allow(w)
	})
	text := strings.Repeat(`{"url": "`+api+`/"}`+"\n", 10) + strings.Repeat(`{"url": "`+api+`/slow"}`+"\n", 1000)
	out := lineWriter{lines: 10, then: cancel}
	var errs bytes.Buffer
	status := cli.Run(ctx, []string{"check", "--batch", "-", "--origin", testOrigin, "--concurrency", "4"}, cli.IO{In: strings.NewReader(text), Out: &out, Err: &errs, Getenv: noEnv})
	if status != cli.ExitBroken || !strings.HasPrefix(errs.String(), "10 of 1010 requests: 10 allowed\ncorsac: interrupted\n") || strings.Count(out.String(), "\n") != 10 {
		t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
	}
}

// TestCheckInterrupted checks that Ctrl-C also ends the wait for input, and a
// check that has no verdict yet.
func TestCheckInterrupted(t *testing.T) {
	for _, args := range [][]string{{"--from", "auto"}, {"--batch", "-"}} {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		t.Cleanup(func() { _ = w.Close() })
		time.AfterFunc(50*time.Millisecond, cancel)
		var errs bytes.Buffer
		status := cli.Run(ctx, append([]string{"check"}, args...), cli.IO{In: r, Out: io.Discard, Err: &errs, Getenv: noEnv})
		if status != cli.ExitBroken || errs.String() != "corsac: interrupted\n" {
			t.Errorf("%q: status %d: %s", args, status, errs.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	api := corsServer(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	var out, errs bytes.Buffer
	if status := cli.Run(ctx, []string{"check", api, "--origin", testOrigin}, cli.IO{Out: &out, Err: &errs, Getenv: noEnv}); status != cli.ExitBroken || out.Len() > 0 {
		t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
	}
}

// TestCheckBatchPage checks that a batch loads a page only once.
func TestCheckBatchPage(t *testing.T) {
	var loads atomic.Int32
	page := corsServer(t, func(http.ResponseWriter, *http.Request) { loads.Add(1) })
	api := corsServer(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") })
	_, errs, status := corsacCheck(t, strings.Repeat(`{"url": "`+api+`/"}`+"\r\n", 20), "--batch", "-", "--page", page)
	if status != 0 || loads.Load() != 1 {
		t.Errorf("status %d, %d loads\n%s", status, loads.Load(), errs)
	}
}

// TestCheckBatchAll checks that a request counts as blocked if one browser
// blocks it, even if the first allows it.
func TestCheckBatchAll(t *testing.T) {
	api := corsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		allow(w, "Access-Control-Allow-Headers", "*")
	})
	_, errs, status := corsacCheck(t, "\ufeff"+`{"url": "`+api+`/", "headers": {"Authorization": "x"}}`, "--batch", "-", "--origin", testOrigin, "--profile", "all")
	if status != cli.ExitFailed || errs != "1 of 1 request: 1 blocked\n" {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestCheckBatchBrokenPipe checks that a writer that fails ends a batch.
func TestCheckBatchBrokenPipe(t *testing.T) {
	api := corsServer(t, func(w http.ResponseWriter, _ *http.Request) { allow(w) })
	r, w := io.Pipe()
	_ = r.Close()
	text := strings.Repeat(`{"url": "`+api+`/"}`+"\n", 100)
	if status := cli.Run(t.Context(), []string{"check", "--batch", "-", "--origin", testOrigin}, cli.IO{In: strings.NewReader(text), Out: w, Err: io.Discard, Getenv: noEnv}); status != cli.ExitBroken {
		t.Errorf("status %d", status)
	}
}

// TestCheckHAR checks that a HAR file is decided without a network.
func TestCheckHAR(t *testing.T) {
	file := filepath.Join("testdata", "check", "small.har")
	out, errs, status := corsacCheck(t, "", "--har", file)
	if status != cli.ExitFailed || errs != "" {
		t.Errorf("status %d: %s", status, errs)
	}
	golden(t, filepath.Join("testdata", "check", "har.txt"), out)

	whole := filepath.Join("..", "har", "testdata", "chromium.har")
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args    []string
		summary string
	}{
		{[]string{"--har", whole}, "17 allowed, 3 opaque, 16 blocked"},
		// In Firefox, preflights after a redirect must allow the page itself.
		{[]string{"--har", "-", "--profile", "all", "--explain", "--read-header", "X-A"}, "16 allowed, 3 opaque, 17 blocked"},
	} {
		out, errs, status = corsacCheck(t, string(data), append(c.args, "--json")...)
		if status != cli.ExitFailed || !strings.HasPrefix(errs, "39 cross-origin requests: "+c.summary+", 3 network errors\n") {
			t.Errorf("%q: status %d: %s", c.args, status, errs)
		}
		entry := 0
		validateLines(t, out, func(line []byte) {
			var r struct {
				Entry   int
				Failure string
			}
			if err := json.Unmarshal(line, &r); err != nil || r.Entry <= entry || r.Failure != "" {
				t.Errorf("after %d, %v: %s", entry, err, line)
			}
			entry = r.Entry
		})
	}
}

// TestCheckHARMistakes checks the messages for files that cannot be read.
func TestCheckHARMistakes(t *testing.T) {
	directory := t.TempDir()
	for _, c := range []struct{ in, file, want string }{
		{"", "-", "corsac: - is not a HAR file: the file is empty\n  in the network panel of the browser, choose \"Save all as HAR\"\n"},
		{"{}", "-", "corsac: - is not a HAR file: it has no \"log\" with \"entries\", as HAR files have\n  in the network panel of the browser, choose \"Save all as HAR\"\n"},
		{"PK\x03\x04", "-", "corsac: - is not a HAR file: it is compressed (zip); unpack it\n  in the network panel of the browser, choose \"Save all as HAR\"\n"},
		{"", directory, "corsac: cannot read " + directory + ": is a directory\n"},
		{"", filepath.Join(directory, "none.har"), "corsac: cannot open " + filepath.Join(directory, "none.har") + ": no such file or directory\n"},
	} {
		if out, errs, status := corsacCheck(t, c.in, "--har", c.file); status != cli.ExitUsage || errs != c.want || out != "" {
			t.Errorf("%q %s: status %d: %s%s", c.in, c.file, status, errs, out)
		}
	}
}

// saved returns a HAR file of a browser with one GET request per answer.
// Answers are the members of response.
func saved(browser string, answers ...string) string {
	var entries []string
	for _, answer := range answers {
		entries = append(entries, `{"request": {"method": "GET", "url": "https://api.example/x", "headers": [{"name": "Host", "value": "api.example"}, {"name": "Origin", "value": "https://app.example"}]}, "response": {`+answer+`}}`)
	}
	return `{"log": {"creator": {"name": "` + browser + `"}, "entries": [` + strings.Join(entries, ",") + `]}}`
}

const (
	savedAllowed = `"status": 200, "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}]`
	savedBlocked = `"status": 200, "headers": [{"name": "Date", "value": "now"}]`
	savedFailed  = `"status": 0`
	savedUnknown = `"status": 302, "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}, {"name": "Location", "value": "/elsewhere"}]`
)

// TestCheckHARStatus checks that the exit status depends on what could be
// decided, and that the summary goes where the results go.
func TestCheckHARStatus(t *testing.T) {
	for _, c := range []struct {
		answers []string
		args    string
		status  int
		out     string
		errs    string
	}{
		{nil, "", cli.ExitBroken, "", "corsac: - has no requests\n  record while the page loads, and save afterwards\n"},
		{[]string{savedAllowed}, "", cli.ExitOK, "1 cross-origin request: 1 allowed\n", ""},
		{[]string{savedAllowed, savedFailed}, "", cli.ExitFailed, "2 cross-origin requests: 1 allowed, 1 network error\n", ""},
		{[]string{savedAllowed, savedUnknown}, "", cli.ExitBroken, "2 cross-origin requests: 1 allowed, 1 unknown\n", ""},
		{[]string{savedUnknown, savedBlocked}, "", cli.ExitFailed, "2 cross-origin requests: 1 blocked, 1 unknown\n", ""},
		{[]string{savedUnknown, savedUnknown}, "", cli.ExitBroken, "2 cross-origin requests: 2 unknown\n", ""},
		{[]string{savedUnknown}, "--json", cli.ExitBroken, `{"entry":1,"failure":"the request, or what it was redirected to, is not in the file","url":"https://api.example/x","method":"GET"}` + "\n", "1 cross-origin request: 1 unknown\n"},
		{[]string{savedFailed}, "--expect error", cli.ExitOK, "1 cross-origin request: 1 network error, as expected\n", ""},
		{[]string{savedAllowed, savedFailed}, "--expect allowed", cli.ExitFailed, "2 cross-origin requests: 1 allowed, 1 network error, 1 not as expected\n", ""},
		{[]string{savedAllowed}, "--read-header X-Other", cli.ExitOK, "1 cross-origin request: 1 allowed\n", ""},
	} {
		args := append([]string{"--har", "-"}, strings.Fields(c.args)...)
		out, errs, status := corsacCheck(t, saved("WebInspector", c.answers...), args...)
		if status != c.status || !strings.HasSuffix(out, c.out) || errs != c.errs {
			t.Errorf("%v: status %d\n%s%s", c.answers, status, out, errs)
		}
	}
}

// TestCheckHARProfile checks that the browser that saved a file decides unless
// --profile names another, and that the output says so if all allow a request.
func TestCheckHARProfile(t *testing.T) {
	const who = ": GET https://api.example/x from https://app.example"
	opaque := `"status": 200, "headers": []`
	for _, c := range []struct{ text, profile, want string }{
		{saved("WebInspector", savedAllowed), "", "   1 ✓ allowed by Chrome" + who},
		{saved("Firefox", savedAllowed), "", "   1 ✓ allowed by Firefox" + who},
		{saved("WebKit Web Inspector", savedAllowed), "", "   1 ✓ allowed by Safari" + who},
		{saved("Firefox", savedAllowed), "chrome", "   1 ✓ allowed by Chrome" + who},
		{saved("Firefox", savedAllowed), "all", "   1 ✓ allowed by Chrome, Firefox, Safari and the Fetch standard" + who},
		{strings.Replace(saved("Firefox", opaque), `"Host"`, `"Sec-Fetch-Mode", "value": "no-cors"}, {"name": "Host"`, 1), "all", "   1 ○ opaque in Chrome, Firefox, Safari and the Fetch standard" + who + ", a response that script cannot read"},
	} {
		args := []string{"--har", "-"}
		if c.profile != "" {
			args = append(args, "--profile", c.profile)
		}
		out, errs, status := corsacCheck(t, c.text, args...)
		if first, _, _ := strings.Cut(out, "\n"); first != c.want || status != cli.ExitOK {
			t.Errorf("%q: status %d: %s%s", c.profile, status, out, errs)
		}
	}
}
