package diagnose_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/fetch"
)

// recorder keeps the requests that a server gets.
type recorder struct {
	http.Handler

	mu       sync.Mutex
	requests []*http.Request
	bodies   []int64
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests = append(r.requests, req.Clone(req.Context()))
	r.bodies = append(r.bodies, req.ContentLength)
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, req)
}

// secretIn returns what a request has of the user's, "" for nothing.
func secretIn(r *http.Request, body int64) string {
	for _, name := range []string{"Authorization", "Cookie", "X-Tenant", "X-Api-Key"} {
		if value := r.Header.Get(name); value != "" {
			return name + ": " + value
		}
	}
	if body > 0 {
		return "a body"
	}
	return ""
}

var secrets = fetch.Headers{{Name: "Authorization", Value: "Bearer top-secret"}, {Name: "X-Tenant", Value: "acme"}, {Name: "X-Api-Key", Value: "k-1"}}

// TestSecretsStay checks that what belongs to the user goes only to the origin in
// the URL: not to the other loopback address, to another scheme, or along a
// redirect.
func TestSecretsStay(t *testing.T) {
	withSecrets := func(r fetch.Request) fetch.Request {
		r.Headers, r.Credentials = secrets, fetch.CredentialsInclude
		return r
	}
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	for name, x := range map[string]*diagnose.Scenario{
		"redirect": {
			Server:  redirecting("{other}/items"),
			Other:   refuse,
			Request: withSecrets(fetch.Request{URL: "{server}/items"}),
		},
		"redirect of a preflight": {
			Server: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "{other}/items")
				w.WriteHeader(http.StatusTemporaryRedirect)
			}),
			Other:   refuse,
			Request: withSecrets(fetch.Request{URL: "{server}/items", Method: "PUT"}),
		},
		"other loopback family": {
			Server: refuse, Listen: "::1", Other: refuse, ListenOther: "127.0.0.1",
			Request: withSecrets(fetch.Request{URL: "http://localhost:{port}/items"}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := &recorder{Handler: x.Server}, &recorder{Handler: x.Other}
			x.Server, x.Other, x.Cookie = first, second, "sid=secret; SameSite=None; Secure"
			_, c := play(t, x, x)
			v := diagnosed(t, c, diagnose.Options{Send: true})
			browser := 0
			for _, w := range v.Wire {
				if w.Hop > 0 {
					browser++ // which the browser itself sends there
				}
			}
			for i, r := range second.requests {
				if s := secretIn(r, second.bodies[i]); s != "" && i >= browser {
					t.Errorf("%s %s got %s", r.Method, r.URL, s)
				}
			}
			if len(second.requests) <= browser {
				t.Errorf("the second server was not asked\n%s", probesOf(v))
			}
		})
	}
}

func redirecting(to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Headers", "authorization, x-tenant, x-api-key")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
}

// TestSecretsOfProbes checks that preflights carry none, and that what the named
// origin gets without Send is harmless.
func TestSecretsOfProbes(t *testing.T) {
	server := &recorder{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })}
	x := &diagnose.Scenario{Server: server, Request: fetch.Request{URL: "{server}/items", Method: "DELETE", Headers: secrets}}
	_, c := play(t, x, x)
	v := diagnosed(t, c, diagnose.Options{})
	if len(v.Probes) == 0 {
		t.Fatal("no probes")
	}
	for i, r := range server.requests {
		switch {
		case r.Method == http.MethodOptions && secretIn(r, server.bodies[i]) != "":
			t.Errorf("%s %s got %s", r.Method, r.URL, secretIn(r, server.bodies[i]))
		case r.Method != http.MethodOptions && r.Method != http.MethodGet && r.Method != http.MethodHead:
			t.Errorf("%s %s was sent", r.Method, r.URL)
		}
	}
	for _, p := range v.Probes {
		if strings.Contains(p.Shows+p.URL+p.Why, "secret") {
			t.Errorf("%+v", p)
		}
	}
}

// TestQueryStays checks that the query of an https: URL, which may have a key, is not
// sent in the clear to find out whether the port speaks plain http.
func TestQueryStays(t *testing.T) {
	server := &recorder{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	x := &diagnose.Scenario{Server: server, Request: fetch.Request{URL: "https://127.0.0.1:{port}/items?key=secret"}}
	_, c := play(t, x, x)
	if v := diagnosed(t, c, diagnose.Options{}); len(v.Findings) == 0 || v.Findings[0].Cause != "https-to-http-port" || len(server.requests) == 0 {
		t.Errorf("%v, %d requests", causes(v), len(server.requests))
	}
	for _, r := range server.requests {
		if r.URL.RawQuery != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}
}
