package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// diagnosis is what the tests read of the JSON of check.
type diagnosis struct {
	Findings []struct{ Cause, Severity string }
	Probes   []struct{ Method, URL, Why, Shows string }
	Change   []json.RawMessage
}

// diagnose runs check --json, checks the output against the schema, and returns
// the exit status.
func diagnosing(t *testing.T, args ...string) (d diagnosis, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = cli.Run(t.Context(), append([]string{"check", "--json", "--origin", testOrigin}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: noEnv})
	validateVerdict(t, out.Bytes())
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatalf("%v: %s%s", err, out.String(), errs.String())
	}
	return d, status
}

// TestCheckDiagnoses checks that probes find a cause, and the flags that bound
// them.
func TestCheckDiagnoses(t *testing.T) {
	var requests seen
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		if r.Header.Get("Access-Control-Request-Method") == "DELETE" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		allow(w, "Access-Control-Allow-Methods", "PUT")
	})
	d, status := diagnosing(t, api+"/x", "-X", "DELETE")
	if status != cli.ExitFailed || len(d.Findings) == 0 || d.Findings[0].Cause != "method-not-allowed" || len(d.Probes) == 0 || len(d.Change) != 1 {
		t.Errorf("status %d: %+v", status, d)
	}
	for _, flag := range []string{"--no-diagnose", "--passive"} {
		requests.drain()
		d, status := diagnosing(t, api+"/x", "-X", "DELETE", flag)
		if sent, _ := requests.drain(); status != cli.ExitFailed || len(d.Probes) != 0 || len(sent) != 1 || len(d.Findings) == 0 {
			t.Errorf("%s: status %d, %d requests: %+v", flag, status, len(sent), d)
		}
	}
	if d, _ := diagnosing(t, api+"/x", "-X", "DELETE", "--max-probes", "1"); len(d.Probes) != 1 {
		t.Errorf("--max-probes 1: %d", len(d.Probes))
	}
	for _, args := range [][]string{{"--max-probes", "-1"}, {"--probe-time", "0"}, {"--stack", "no-such-stack"}, {"--watch", "--repeat", "2"}} {
		if status := cli.Run(t.Context(), append([]string{"check", api, "--origin", testOrigin}, args...), cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: noEnv}); status != cli.ExitUsage {
			t.Errorf("%q: status %d", args, status)
		}
	}
}

// TestCheckSend checks that only --send repeats a request that changes something,
// and that --dry-run has the last word.
func TestCheckSend(t *testing.T) {
	var requests seen
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		w.Header().Set("Content-Type", "application/json")
	})
	for _, c := range []struct {
		args  []string
		posts int
	}{{nil, 1}, {[]string{"--send"}, 2}, {[]string{"--send", "--dry-run"}, 0}} {
		requests.drain()
		diagnosing(t, append([]string{api + "/x", "-X", "POST"}, c.args...)...)
		sent, _ := requests.drain()
		posts := 0
		for _, r := range sent {
			if r.Method == http.MethodPost {
				posts++
			}
		}
		if c.posts < 2 && posts != c.posts || posts < c.posts {
			t.Errorf("%q: %d POST", c.args, posts)
		}
	}
}

// TestCheckBatchShares checks that a batch asks a host the same thing only once,
// and not more than the budget.
func TestCheckBatchShares(t *testing.T) {
	var requests seen
	api := corsServer(t, func(_ http.ResponseWriter, r *http.Request) { requests.add(r) })
	lines := strings.Repeat(`{"url": "`+api+`/items"}`+"\n", 10)
	var out bytes.Buffer
	cli.Run(t.Context(), []string{"check", "--batch", "-", "--origin", testOrigin, "--max-probes", "5"}, cli.IO{In: strings.NewReader(lines), Out: &out, Err: io.Discard, Getenv: noEnv})
	if sent, _ := requests.drain(); len(sent) != 10+5 {
		t.Errorf("%d requests", len(sent))
	}
	for line := range strings.Lines(out.String()) {
		validateVerdict(t, []byte(line))
	}
}

// TestCheckWatch checks that --watch prints what changes, until the request is
// allowed.
func TestCheckWatch(t *testing.T) {
	var n atomic.Int32
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-Fetch-Site") != "" && n.Add(1) > 2 {
			allow(w)
		}
	})
	in, enter := io.Pipe()
	go func() {
		for {
			if _, err := enter.Write([]byte("\n")); err != nil {
				return
			}
		}
	}()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status := cli.Run(ctx, []string{"check", api, "--origin", testOrigin, "--watch", "--passive"}, cli.IO{In: in, Out: &out, Err: &errs, Getenv: noEnv})
	_ = in.Close()
	if status != cli.ExitOK || strings.Count(errs.String(), "Ctrl-C stops") != 1 || strings.Count(out.String(), "blocked by Chrome") != 1 || strings.Count(out.String(), "allowed by Chrome") != 1 {
		t.Errorf("status %d:\n%s", status, out.String())
	}
	cancel()
	if status := cli.Run(ctx, []string{"check", "http://127.0.0.1:1", "--origin", testOrigin, "--watch", "--passive"}, cli.IO{Out: io.Discard, Err: io.Discard, Getenv: noEnv}); status != cli.ExitBroken {
		t.Errorf("interrupted: status %d", status)
	}
}

// TestCheckWatchProbes checks that --watch sends probes only when the response is
// another than before.
func TestCheckWatchProbes(t *testing.T) {
	var requests, entered atomic.Int32
	api := corsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		if entered.Load() > 20 {
			allow(w)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status := cli.Run(ctx, []string{"check", api, "--origin", testOrigin, "--watch"}, cli.IO{In: &enter{&entered}, Out: io.Discard, Err: io.Discard, Getenv: noEnv})
	if n := requests.Load(); status != cli.ExitOK || n < 20 || n > 50 {
		t.Errorf("status %d: %d requests", status, n)
	}
}

// enter is somebody who presses Enter.
type enter struct{ times *atomic.Int32 }

func (e *enter) Read(p []byte) (int, error) {
	e.times.Add(1)
	return copy(p, "\n"), nil
}

// TestCheckWatchRestart checks that --watch says in one line that the server does
// not answer for a while.
func TestCheckWatchRestart(t *testing.T) {
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) {
		case 1:
		case 2:
			panic(http.ErrAbortHandler)
		default:
			allow(w)
		}
	}))
	defer server.Close()
	in, enter := io.Pipe()
	defer func() { _ = in.Close() }()
	go func() {
		for {
			if _, err := enter.Write([]byte("\n")); err != nil {
				return
			}
		}
	}()
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cli.Run(ctx, []string{"check", server.URL, "--origin", testOrigin, "--watch", "--no-diagnose"}, cli.IO{In: in, Out: &out, Err: io.Discard, Getenv: noEnv})
	_, after, _ := strings.Cut(out.String(), "✗ network error")
	failure, _, _ := strings.Cut(after, "✓ allowed")
	if n := strings.Count(failure, "\n"); n != 3 { // the last with the time
		t.Errorf("%d lines about a restart:\n%s", n, out.String())
	}
}

// TestCheckWatchChanges checks that --watch prints only what changed since the
// verdict before: the decision, a status, headers, and another cause with its fix.
func TestCheckWatchChanges(t *testing.T) {
	var n atomic.Int32
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodOptions {
			allow(w)
			return
		}
		switch n.Add(1) {
		case 1:
			w.Header().Set("Vary", "Accept")
			w.WriteHeader(http.StatusNotFound)
		case 2:
			allow(w)
		default:
			allow(w, "Access-Control-Allow-Methods", "PUT")
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	status := cli.Run(ctx, []string{"check", api + "/x", "--origin", testOrigin, "-X", "PUT", "--watch", "--passive"}, cli.IO{In: &enter{new(atomic.Int32)}, Out: &out, Err: io.Discard, Getenv: noEnv})
	got := strings.ReplaceAll(out.String(), api, "API")
	_, changes, _ := strings.Cut(got, "✗ blocked by Chrome: PUT API/x")
	for _, want := range []string{
		"    ~ status: 404 Not Found → 200 OK\n", "    + Access-Control-Allow-Origin: " + testOrigin + "\n", "    - Vary: Accept\n", "  no longer: ", "\ncause: ",
		"✓ allowed by Chrome", "  OPTIONS API/x (preflight)\n    + Access-Control-Allow-Methods: PUT\n  PUT API/x\n    + status: 200 OK\n",
	} {
		if !strings.Contains(changes, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if status != cli.ExitOK || strings.Count(got, "The console of Chrome") != 1 || strings.Count(got, "Script can read") != 0 {
		t.Errorf("status %d, or more than what changed", status)
	}
	if t.Failed() {
		t.Log(got)
	}
}
