package need_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/fetch"
)

var update = flag.Bool("update", false, "write golden files")

func ask(t *testing.T, q need.Question) *need.Answer {
	t.Helper()
	a, err := need.Ask(q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return a
}

func TestAsk(t *testing.T) {
	const page = "https://app.example.com/shop"
	for _, c := range []struct {
		q    need.Question
		need bool
		rule string
	}{
		{need.Question{Page: page, Target: "https://app.example.com/api"}, false, "same-origin"},
		{need.Question{Page: page, Target: "https://APP.example.com:443/api"}, false, "same-origin"},
		{need.Question{Page: page, Target: "/api"}, false, "same-origin"},
		{need.Question{Page: page, Target: "//api.example.com/x"}, true, "subdomain"},
		{need.Question{Page: page, Target: "https://app.example.com:8443/"}, true, "other-port"},
		{need.Question{Page: "http://localhost:3000", Target: "http://localhost:8080"}, true, "other-port"},
		{need.Question{Page: "http://localhost:3000", Target: "http://127.0.0.1:3000"}, true, "other-site"},
		{need.Question{Page: page, Target: "https://api.example.com/"}, true, "subdomain"},
		{need.Question{Page: "https://a.github.io", Target: "https://b.github.io"}, true, "other-site"},
		{need.Question{Page: "http://app.example.com", Target: "https://app.example.com"}, true, "other-site"},
		{need.Question{Page: page, Target: "http://api.example.com/"}, false, "mixed-content"},
		{need.Question{Page: page, Target: "http://localhost:8080/"}, true, "other-site"},
		{need.Question{Page: "server", Target: "https://api.example.com/"}, false, "server-to-server"},
		{need.Question{Page: page, Target: "https://other.example/", DevProxy: true}, false, "dev-proxy"},
		{need.Question{Page: "file:///home/x/index.html", Target: "https://api.example.com/"}, true, "file"},
		{need.Question{Page: "null", Target: "https://api.example.com/"}, true, "sandboxed"},
		{need.Question{Page: page, Target: "https://app.example.com/api", Sandboxed: true}, true, "sandboxed"},
		{need.Question{Page: page, Target: "wss://other.example/", Use: need.WebSocket}, false, "websocket"},
		{need.Question{Page: page, Target: "https://cdn.example/x.png", Use: need.Image}, false, "tag"},
		{need.Question{Page: page, Target: "https://cdn.example/x.png", Use: need.Canvas}, true, "module"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Script}, false, "tag"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Module}, true, "module"},
		{need.Question{Page: page, Target: "https://cdn.example/x.woff2", Use: need.Font}, true, "font"},
		{need.Question{Page: page, Target: "https://api.example.com/events", Use: need.EventSource}, true, "server-sent-events"},
		{need.Question{Page: page, Target: "https://bank.example/pay", Use: need.Form}, false, "navigation"},
	} {
		if a := ask(t, c.q); a.Need != c.need || a.Rule != c.rule || strings.Contains(fmt.Sprint(a.Reason, a.Instead), "{") {
			t.Errorf("%+v: %+v; want %t by %s", c.q, a, c.need, c.rule)
		}
	}
	for _, q := range []need.Question{{Page: "app.example.com", Target: "https://x/"}, {Page: page, Target: "x y"}, {Page: page, Target: "https://x/", Use: "smell"}} {
		if a, err := need.Ask(q); err == nil {
			t.Errorf("%+v: %+v", q, a)
		}
	}
}

// TestAgreesWithEngine holds the answers against the engine: where CORS is said not
// to be needed, a server that knows nothing of it is good enough; where it is, not.
func TestAgreesWithEngine(t *testing.T) {
	anonymous := "anonymous"
	uses := map[need.Use]fetch.Request{
		need.Fetch: {}, need.XHR: {Destination: fetch.DestinationXHR}, need.EventSource: {Destination: fetch.DestinationEventSource},
		need.Image: {Destination: fetch.DestinationImage}, need.Canvas: {Destination: fetch.DestinationImage, CrossOrigin: &anonymous},
		need.Script: {Destination: fetch.DestinationScript}, need.Module: {Destination: fetch.DestinationModule},
		need.Style: {Destination: fetch.DestinationStyle}, need.Font: {Destination: fetch.DestinationFont},
	}
	bare := func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
		return &fetch.WireResponse{Status: 200}, nil
	}
	for use, request := range uses {
		for _, origin := range []string{"https://app.example.com", "http://localhost:3000", "http://app.example.com", "null"} {
			for _, target := range []string{"https://app.example.com/x", "https://api.example.com/x", "https://other.example/x", "http://localhost:3000/x", "http://localhost:8080/x", "http://api.example.com/x"} {
				page, err := fetch.NewPage(fetch.PageConfig{Origin: origin})
				if err != nil {
					t.Fatal(err)
				}
				request.URL = target
				o := fetch.New(fetch.Config{}).Fetch(t.Context(), page, &request, bare)
				a := ask(t, need.Question{Page: origin, Target: target, Use: use})
				blocked := o.Error != nil
				if a.Rule == "mixed-content" {
					if !blocked || o.Error.Reason != fetch.ReasonMixedContent {
						t.Errorf("%s of %s from %s: %+v, but the engine says %v", use, target, origin, a, o.Error)
					}
					continue
				}
				if a.Need != blocked {
					t.Errorf("%s of %s from %s: need %t (%s), but the engine says %s %v", use, target, origin, a.Need, a.Rule, o.Result, o.Error)
				}
			}
		}
	}
}

// TestGuide holds the table of the guide.
func TestGuide(t *testing.T) {
	const begin, end = "<!-- table: written by a test of internal/need -->\n", "<!-- end of table -->\n"
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", "need.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(data), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the guide has no place for the table")
	}
	var table strings.Builder
	table.WriteString("| situation | CORS | why | what to do |\n|---|---|---|---|\n")
	plain := strings.NewReplacer("{difference} differs", "scheme, host or port differ", ", {target}", "", "{use} ", "", "{url}", "URL", "{page}", "ORIGIN", "{target}", "API")
	for _, r := range need.Rules {
		word := "not needed"
		if r.Need {
			word = "**needed**"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", r.When, word, plain.Replace(r.Why), plain.Replace(strings.Join(r.Instead, "; or ")))
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Error("the table of the guide is not that of the rules: run make golden")
	}
}
