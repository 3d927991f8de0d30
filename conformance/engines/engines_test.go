package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

func simple(t *testing.T) []conformance.Recorded {
	t.Helper()
	recorded, _, err := conformance.Load("../testdata/chromium.jsonl.gz", "../testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	cases := conformance.Simple(recorded)
	if len(cases) < 2000 {
		t.Fatalf("%d simple cases of %d", len(cases), len(recorded))
	}
	return cases
}

// TestSite plays the requests, as the script gets them, over sockets to an
// implementation that is known to be right. If the servers or the requests
// caused bad scores, this score would be bad too.
func TestSite(t *testing.T) {
	cases := simple(t)
	s, err := openSite(cases)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	base := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer base.CloseIdleConnections()
	a := &answers{name: "fetch", version: "this", verdicts: map[string]string{}}
	for _, c := range s.checks {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var read check
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		tr, err := fetch.NewTransport(fetch.TransportConfig{Page: fetch.PageConfig{Origin: read.Origin}, Base: base})
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		switch o := tr.Fetch(t.Context(), request(&read), []byte("x")); o.Result {
		case fetch.Allowed, fetch.Opaque:
			a.verdicts[c.ID] = "ok"
		case fetch.Blocked, fetch.Failed:
			a.verdicts[c.ID] = "blocked"
		}
	}
	var log bytes.Buffer
	if e := a.score(cases, 10, &log); e.Agree != e.Of || e.Of != len(cases) {
		t.Errorf("%d of %d agree, %d lenient; %d cases\n%s", e.Agree, e.Of, e.Lenient, len(cases), log.String())
	}
}

func request(c *check) *fetch.Request {
	q := &fetch.Request{
		URL: c.URL,
		Options: fetch.Options{
			Mode: fetch.Mode(c.Mode), Credentials: fetch.Credentials(c.Credentials), Redirect: c.Redirect,
			Cache: c.Cache, ReferrerPolicy: c.ReferrerPolicy, UploadListener: c.UploadListener,
		},
	}
	if c.API == "xhr" {
		q.Destination = fetch.DestinationXHR
	}
	if c.Method != nil {
		q.Method = cmp.Or(*c.Method, fetch.EmptyMethod)
	}
	for _, h := range c.Headers {
		value, _ := bytestr.Encode(h[1])
		q.Headers = append(q.Headers, fetch.Header{Name: h[0], Value: value})
	}
	if c.Body != nil {
		q.Body = &fetch.Body{Kind: fetch.BodyKind(c.Body.Kind), Type: c.Body.Type}
	}
	return q
}

func TestScore(t *testing.T) {
	cases := simple(t)[:4]
	a := &answers{verdicts: map[string]string{}}
	other := map[string]string{"ok": "blocked", "blocked": "ok"}
	lenient := 0
	for i, r := range cases {
		want := r.Steps[0].Result
		switch i {
		case 0:
			a.verdicts[r.Case.ID] = want
		case 1:
			a.verdicts[r.Case.ID] = "skip"
		case 2:
			if a.verdicts[r.Case.ID] = other[want]; want == "blocked" {
				lenient++
			}
		}
	}
	if e := a.score(cases, 0, io.Discard); e.Agree != 1 || e.Of != 3 || e.Lenient != lenient {
		t.Errorf("%+v; one agrees, one is skipped, one differs, one has no answer", e)
	}
}

// TestPlay plays to a program that takes the place of Node.js.
func TestPlay(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\necho '{\"name\":\"'$2'\",\"version\":\"1\"}'\nwhile read -r line; do echo '{\"id\":\"a\",\"result\":\"ok\"}'; done\n"
	if err := os.WriteFile(filepath.Join(bin, "node"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	s := &site{checks: []check{{ID: "a"}}}
	a, err := play(context.Background(), s, "play.mjs", "some", io.Discard)
	if err != nil {
		t.Skipf("no shell to stand in for Node.js: %v", err)
	}
	if a.name != "some" || a.version != "1" || a.verdicts["a"] != "ok" {
		t.Errorf("%+v", a)
	}
}

// TestScript checks that the script knows every kind of body.
func TestScript(t *testing.T) {
	script, err := os.ReadFile("../../bench/engines/play.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range simple(t) {
		if b := r.Case.Steps[0].Request.Body; b != nil && !strings.Contains(string(script), `case "`+b.Kind+`":`) {
			t.Fatalf("%s: the script makes no body of kind %q", r.Case.ID, b.Kind)
		}
	}
}
