package cors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// TestOriginFuncVary checks that every response names the headers that the
// function of one of the policies reads.
func TestOriginFuncVary(t *testing.T) {
	t.Parallel()
	tenant := func(r *http.Request, o origin.Origin) bool { return o.Host() == r.Header.Get("X-Tenant")+".example" }
	by := cors.Policy{AllowOriginFunc: tenant, AllowOriginFuncVary: []string{"x-tenant", "ORIGIN", "X-Tenant"}, AllowMethods: []string{"PUT"}}
	plain := cors.Policy{AllowOrigins: []string{app}, ResourcePolicy: "same-site", AllowTiming: true}
	for _, policies := range [][]cors.Policy{{by}, {by, plain}, {plain, by}} {
		m, err := cors.New(policies[0], policies[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []http.Handler{m.Wrap(echoVary), m.WrapOverride(echoVary)} {
			for _, r := range []*http.Request{
				request("GET", "Origin", "https://a.example", "X-Tenant", "a"),
				request("GET", "Origin", "https://b.example", "X-Tenant", "a"),
				request("GET", "Origin", app),
				request("GET"),
				request("GET", "Own", "Accept-Encoding"),
				request("OPTIONS", "Origin", "https://a.example", "X-Tenant", "a", "Access-Control-Request-Method", "PUT"),
			} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				got := strings.ToLower(strings.Join(w.Header().Values("Vary"), ", "))
				for _, name := range []string{"origin", "x-tenant", strings.ToLower(r.Header.Get("Own"))} {
					if strings.Count(got, name) != 1 && name != "" {
						t.Errorf("%v: Vary %q, want %s once", r.Header, got, name)
					}
				}
			}
		}
	}
	m, err := cors.New(by)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Policy().AllowOriginFuncVary; len(got) != 1 || got[0] != "X-Tenant" {
		t.Errorf("reads back as %q", got)
	}
	for _, name := range []string{"", "*", "X-A, X-B", strings.Repeat("x", 257)} {
		if _, err := cors.New(cors.Policy{AllowOriginFunc: tenant, AllowOriginFuncVary: []string{name}}); err == nil {
			t.Errorf("%q is a header name", name)
		}
	}
}

// echoVary sets the Vary that the request asks for in Own.
var echoVary = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if own := r.Header.Get("Own"); own != "" {
		w.Header().Add("Vary", own)
	}
})
