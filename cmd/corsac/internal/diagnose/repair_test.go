package diagnose_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch"
)

// repair diagnoses a request to a server, and returns the first finding.
func repair(t *testing.T, stack string, x *diagnose.Scenario) fixed {
	t.Helper()
	_, one := play(t, x, x)
	v := diagnosed(t, one, diagnose.Options{Stack: stacks.Lookup(stack)})
	if len(v.Findings) == 0 {
		t.Fatal("no findings")
	}
	f := &v.Findings[0]
	return fixed{f.Cause, f.Title + "\n" + f.Why, f.Fix.Text, f.Fix.Check}
}

// fixed is what a finding says.
type fixed struct{ cause, why, text, check string }

func (f *fixed) has(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(f.why+"\n"+f.text+"\n"+f.check, word) {
			t.Errorf("%q is not in %s\n%s\n%s", word, f.cause, f.text, f.check)
		}
	}
}

func (f *fixed) lacks(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(f.text+"\n"+f.check, word) {
			t.Errorf("%q is in %s\n%s\n%s", word, f.cause, f.text, f.check)
		}
	}
}

const another = "http://localhost:3000"

// TestFixKeeps checks that the lines for a server that has CORS go in the place of
// those that it has, and take nothing away.
func TestFixKeeps(t *testing.T) {
	working := "Access-Control-Allow-Origin: " + another + "\nAccess-Control-Allow-Credentials: true\nVary: Origin\n" +
		"Access-Control-Expose-Headers: X-Total-Count\n"
	server := site{
		{"OPTIONS", "", answer{204, working + "Access-Control-Allow-Methods: GET,PUT,PATCH\nAccess-Control-Allow-Headers: X-Api-Key\nAccess-Control-Max-Age: 600\n", ""}},
		{"", "", answer{200, working, "[]"}},
	}
	f := repair(t, "express", &diagnose.Scenario{Server: server, Request: put5173("DELETE")})
	f.has(t, "in place of other calls of cors(…)", "'"+another+"'", "'"+page+"'", "'PATCH'", "'DELETE'", "'X-Api-Key'", "'X-Total-Count'", "credentials: true", "maxAge: 600",
		"Note: It allows only what was checked")
	f.has(t, "Or let corsac change the project in the folder DIR:\n    "+f.check+" --json | corsac fix DIR --check -\n")
	f.lacks(t, "npm install", "\nInstall")
}

func put5173(method string) fetch.Request {
	return fetch.Request{URL: "{server}/api/items/1", Method: method}
}

// TestFixOfNew checks the lines for a server that has no CORS.
func TestFixOfNew(t *testing.T) {
	f := repair(t, "express", &diagnose.Scenario{Server: site{{"", "", answer{200, "", "[]"}}}, Request: get})
	f.has(t, "npm install cors", "Note: It allows only the request that was checked")
	f.has(t, "\n    corsac fix DIR --allow-origin "+page+"\n")
	f.lacks(t, "in place of your")
	f = repair(t, "caddy", &diagnose.Scenario{Server: site{{"", "", answer{200, "", "[]"}}}, Request: get})
	f.lacks(t, "corsac fix") // it cannot change that
}

// TestFixKeepsNoStranger checks that what a server reflects does not become a
// policy, nor a * beside credentials or of another URL.
func TestFixKeepsNoStranger(t *testing.T) {
	reflects := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != page {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		}
	})
	f := repair(t, "express", &diagnose.Scenario{Server: reflects, Request: get})
	f.lacks(t, ".example'", another)

	open := site{{"", "/items", answer{200, "", "[]"}}, {"", "", answer{200, "Access-Control-Allow-Origin: *\n", "[]"}}}
	f = repair(t, "express", &diagnose.Scenario{Server: open, Request: fetch.Request{URL: "{server}/items"}})
	f.lacks(t, "'*'")

	every := site{{"OPTIONS", "", answer{204, "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PATCH\n", ""}}, {"", "", answer{200, "Access-Control-Allow-Origin: *\n", "[]"}}}
	f = repair(t, "express", &diagnose.Scenario{Server: every, Request: put5173("PUT")})
	f.has(t, "origin: '*'", "'PATCH'")
	with := put5173("PUT")
	with.Credentials = fetch.CredentialsInclude
	f = repair(t, "express", &diagnose.Scenario{Server: every, Request: with})
	f.has(t, "['"+page+"']")
	f.lacks(t, "'*'")
}

// TestDoubled checks that the old lines of nginx go where its headers are doubled.
func TestDoubled(t *testing.T) {
	twice := "Server: nginx\n" + allowed + allowed
	f := repair(t, "nginx", &diagnose.Scenario{Server: site{{"", "", answer{200, twice, "[]"}}}, Request: get})
	f.has(t, "in place of other add_header Access-Control-* lines", "proxy_hide_header")
	f.lacks(t, "otherwise delete")
}

// TestOnSuccessOnly checks that nginx gets a line with always.
func TestOnSuccessOnly(t *testing.T) {
	f := repair(t, "nginx", &diagnose.Scenario{Server: onSuccess{}, Request: fetch.Request{URL: "{server}/api/items/9"}})
	f.has(t, `    add_header Access-Control-Allow-Origin "`+page+`" always;`)
	f.lacks(t, "$cors_")
}

// TestAfterRoutes checks servers whose middleware comes after the routes: it sees
// preflights and what no route takes.
func TestAfterRoutes(t *testing.T) {
	express := site{
		{"OPTIONS", "", answer{204, granted, ""}},
		{"GET", "/api/items/1", answer{404, allowed, "Cannot GET"}},
		{"", "/api/items/1", answer{200, asJSON, "{}"}},
		{"", "/api/items", answer{200, asJSON, "[]"}},
		{"", "", answer{404, allowed, "Cannot GET"}},
	}
	plain := slices.Clone(express)
	plain[0].answer = answer{200, "Allow: GET\n", ""}
	for _, c := range []struct {
		name   string
		server http.Handler
		listen string
		url    string
		method string
	}{
		{"PUT", express, "", "{server}/api/items/1", "PUT"},
		{"PUT at localhost", express, "::1", "http://localhost:{port}/api/items/1", "PUT"},
		{"GET", express, "", "{server}/api/items", "GET"},
		{"GET, no preflights", plain, "", "{server}/api/items", "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &diagnose.Scenario{Server: c.server, Request: fetch.Request{URL: c.url, Method: c.method}}
			if c.listen != "" { // one program on both addresses
				x.Listen, x.Other, x.ListenOther = c.listen, c.server, "127.0.0.1"
			}
			f := repair(t, "express", x)
			if f.cause != "cors-only-on-preflight" && f.cause != "cors-missing-on-route" {
				t.Errorf("cause %s: %s", f.cause, f.why)
			}
			f.has(t, "after the routes", "Set up CORS before the routes")
		})
	}
}

// TestRedirectAndNoCORS checks that a URL after a redirect that lacks CORS gets
// lines for the server, and a check of that URL.
func TestRedirectAndNoCORS(t *testing.T) {
	server := site{{"", "/items", answer{307, "Location: /items/\n", ""}}, {"", "", answer{200, asJSON, "[]"}}}
	f := repair(t, "express", &diagnose.Scenario{Server: server, Request: fetch.Request{URL: "{server}/items", Method: "PUT"}})
	f.has(t, "app.use(cors({", "/items/ --origin "+page)
	f.lacks(t, "But what is there")
}

// TestCheckRuns checks that the command under a fix runs: with a word for a
// secret, and with the headers that script reads.
func TestCheckRuns(t *testing.T) {
	request := fetch.Request{URL: "{server}/x", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer abc"}, {Name: "X-Api-Key", Value: "abc"}}}
	f := repair(t, "express", &diagnose.Scenario{Server: site{{"", "", answer{200, "", "[]"}}}, Request: request, ReadHeaders: []string{"X-Total-Count"}})
	f.has(t, "-H 'Authorization: Bearer TOKEN'", "-H 'X-Api-Key: TOKEN'", "--read-header X-Total-Count")
	f.lacks(t, "abc", "…'")
}
