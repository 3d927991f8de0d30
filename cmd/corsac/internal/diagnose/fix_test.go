package diagnose_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// shop is a stack whose lines show the policy that they are made from.
var shop = &stacks.Stack{
	Name: "shop", Title: "Shop", Layer: stacks.Application,
	Snippet: func(p *cors.Policy) stacks.Snippet {
		return stacks.Snippet{
			File: "shop.conf", Place: "before the routes", Install: "shop add cors",
			Code:      strings.Join(p.AllowOrigins, ",") + "\n" + strings.Join(p.AllowMethods, ",") + " " + strings.Join(p.AllowHeaders, ","),
			Shortfall: stacks.Shortfall{Gaps: []string{"It has no Vary."}},
		}
	},
	Advice: map[string]stacks.Advice{
		"server-error-without-cors": {Text: "Read shop.log.", Only: true},
		"headers-only-on-success":   {Text: "Write always.", Code: func(*cors.Policy) stacks.Snippet { return stacks.Snippet{Code: "always"} }},
	},
}

// TestFix checks what a fix says for a stack, for an unknown one, and where the
// page must change.
func TestFix(t *testing.T) {
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		name    string
		stack   *stacks.Stack
		server  http.Handler
		request fetch.Request
		want    []string
		never   []string
	}{
		{
			"the lines of the stack", shop, bare,
			fetch.Request{URL: "{server}/x", Method: "PUT", Headers: fetch.Headers{{Name: "X-Api-Key", Value: "secret"}}},
			[]string{"\nInstall what it needs:\n    shop add cors\n", "For Shop, usually in shop.conf, before the routes:\n    http://localhost:5173\n    PUT x-api-key\nNote: It has no Vary."},
			[]string{"--stack", "secret"},
		},
		{
			"advice alone", shop,
			site{{"OPTIONS", "", answer{204, granted, ""}}, {"", "/x", answer{500, "", ""}}, {"", "", answer{404, allowed, ""}}},
			fetch.Request{URL: "{server}/x", Method: "PUT"},
			[]string{"Read shop.log."},
			[]string{"\n    ", "--stack"},
		},
		{"lines of the advice", shop, onSuccess{}, fetch.Request{URL: "{server}/api/items/9"}, []string{"Write always.\nFor Shop:\n    always"}, nil},
		{
			"what is allowed already stays", shop,
			site{{"OPTIONS", "", answer{204, allowed + "Access-Control-Allow-Methods: PUT, PATCH\nAccess-Control-Allow-Headers: X-Api-Key\n", ""}}},
			fetch.Request{URL: "{server}/x", Method: "DELETE"},
			[]string{"\n    DELETE,PUT,PATCH X-Api-Key"},
			nil,
		},
		{
			"the lines of a development server", stacks.Lookup("vite"),
			site{{"", "", answer{200, asHTML, `<script type="module" src="/@vite/client"></script><div id="root"></div>`}}},
			fetch.Request{URL: "{server}/api/items"},
			[]string{"import { defineConfig } from 'vite'", "proxy: {"},
			[]string{"--stack"},
		},
		{"an unknown stack", nil, bare, fetch.Request{URL: "{server}/x"}, []string{"--stack NAME"}, nil},
		{"the page", shop, site{{"", "/items", answer{307, "Location: /items/\n", ""}}, {"", "", answer{200, granted, ""}}}, fetch.Request{URL: "{server}/items", Method: "PUT"}, []string{"That URL allows this page"}, []string{"\n    ", "--stack"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &diagnose.Scenario{Server: c.server, Request: c.request}
			_, one := play(t, x, x)
			v := diagnosed(t, one, diagnose.Options{Stack: c.stack})
			if len(v.Findings) == 0 {
				t.Fatal("no findings")
			}
			fix := v.Findings[0].Fix
			for _, want := range c.want {
				if !strings.Contains(fix.Text, want) {
					t.Errorf("%q is not in\n%s", want, fix.Text)
				}
			}
			for _, never := range c.never {
				if strings.Contains(fix.Text+fix.Check, never) {
					t.Errorf("%q is in\n%s\n%s", never, fix.Text, fix.Check)
				}
			}
			if len(v.Change) > 0 && c.name == "the page" {
				t.Errorf("change %v beside a fix on the page", v.Change)
			}
		})
	}
}

// onSuccess is a server whose errors lack the headers.
type onSuccess struct{}

func (onSuccess) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "nginx")
	if r.URL.Path != "/api/items" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", page)
}
