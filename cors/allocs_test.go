package cors_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

// writer is a ResponseWriter with a header map that is reused, since net/http
// allocates the map before the middleware runs.
type writer struct{ h http.Header }

func (w *writer) Header() http.Header       { return w.h }
func (*writer) Write(b []byte) (int, error) { return len(b), nil }
func (*writer) WriteHeader(int)             {}

func allocations(h http.Handler, r *http.Request, vary ...string) float64 {
	w := &writer{make(http.Header, 8)}
	return testing.AllocsPerRun(200, func() {
		clear(w.h)
		if vary != nil {
			w.h["Vary"] = vary
		}
		h.ServeHTTP(w, r)
	})
}

// TestAllocations checks that a request costs at most one allocation, and a
// refused preflight none, whatever is sent.
func TestAllocations(t *testing.T) {
	echo := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true}
	anyone := cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, ExposeHeaders: []string{"*"}}
	many := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}}
	for i := range 1000 {
		many.AllowOrigins = append(many.AllowOrigins, fmt.Sprintf("https://%d.example.com", i))
		many.AllowHeaders = append(many.AllowHeaders, fmt.Sprintf("x-%d", i))
	}
	long := strings.Repeat("https://a.", 1<<13)
	for _, c := range []struct {
		name   string
		policy cors.Policy
		r      *http.Request
		vary   []string
		want   float64
	}{
		{"no origin", full(), request("GET"), nil, 1},
		{"no origin, Vary set", full(), request("GET"), []string{"Origin"}, 0},
		{"allowed", full(), request("GET", "Origin", app), nil, 1},
		{"allowed, Vary set", full(), request("GET", "Origin", app), []string{"Accept-Encoding", "Cookie"}, 1},
		{"allowed subdomain", full(), request("GET", "Origin", "https://a.b.example.org"), nil, 1},
		{"allowed port", full(), request("GET", "Origin", "http://localhost:3000"), nil, 1},
		{"allowed of many", many, request("GET", "Origin", app), nil, 1},
		{"any origin", anyone, request("GET", "Origin", app), nil, 1},
		{"refused", full(), request("GET", "Origin", evil), nil, 1},
		{"refused, long", full(), request("GET", "Origin", long), nil, 1},
		{"refused, upper case", full(), request("GET", "Origin", strings.ToUpper(long)), nil, 1},
		{"preflight", full(), preflight(app, "PUT", "content-type,x-request-id"), nil, 1},
		{"preflight, upper case", full(), preflight(app, "PUT", "Content-Type, X-Request-Id"), nil, 1},
		{"preflight, Vary set", full(), preflight(app, "PUT"), []string{"Cookie"}, 1},
		{"preflight of many headers", many, preflight(app, "PUT", strings.Join(many.AllowHeaders, ",")), nil, 1},
		{"preflight, echo", echo, preflight(app, "PATCH", "authorization", "x-a"), nil, 1},
		{"preflight, echo, Vary set", echo, preflight(app, "PATCH", "x-a"), []string{"Origin"}, 1},
		{"preflight, any origin", anyone, preflight(evil, "PUT", "x-a"), nil, 1},
		{"preflight refused, origin", full(), preflight(evil, "PUT"), nil, 0},
		{"preflight refused, long origin", full(), preflight(long, "PUT"), nil, 0},
		{"preflight refused, address", full(), preflight("https://1.2.3.999", "PUT"), nil, 0},
		{"preflight refused, IPv6", full(), preflight("https://[1:2", "PUT"), nil, 0},
		{"preflight refused, method", full(), preflight(app, "PATCH"), nil, 0},
		{"preflight refused, header", full(), preflight(app, "PUT", "X-Other-One,x-b"), nil, 0},
		{"preflight refused, commas", full(), preflight(app, "PUT", strings.Repeat(",", 1<<16)), nil, 0},
		{"preflight refused, token", full(), preflight(app, "PUT", strings.Repeat("a", 1<<16)), nil, 0},
		{"preflight refused, authorization", anyone, preflight(app, "PUT", "Authorization"), nil, 0},
	} {
		m := mustNew(t, c.policy)
		if got := allocations(m.Wrap(ok), c.r, c.vary...); got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
		if got := allocations(m.WrapOverride(ok), c.r); c.vary == nil && c.want > 0 && got > c.want+1 {
			t.Errorf("%s: %v allocations with WrapOverride, want one more than %v", c.name, got, c.want)
		}
	}
}

// oneOrigin is a typical policy: one origin, without credentials.
func oneOrigin() cors.Policy {
	return cors.Policy{
		AllowOrigins: []string{app},
		AllowMethods: []string{"PUT", "DELETE"},
		AllowHeaders: []string{"Authorization", "Content-Type", "X-CSRF-Token", "X-Request-Id", "X-Requested-With"},
	}
}

func BenchmarkMiddleware(b *testing.B) {
	many := oneOrigin()
	for i := range 1000 {
		many.AllowOrigins = append(many.AllowOrigins, fmt.Sprintf("https://%d.example.com", i))
	}
	const fiveHeaders = "authorization,content-type,x-csrf-token,x-request-id,x-requested-with"
	longOrigin := strings.Repeat("https://a.", 1<<13)
	for _, c := range []struct {
		name   string
		policy cors.Policy
		r      *http.Request
	}{
		{"non-cors", full(), request("GET")},
		{"actual", full(), request("GET", "Origin", app)},
		{"actual-wildcard", full(), request("GET", "Origin", "https://a.b.example.org")},
		{"refused", full(), request("GET", "Origin", evil)},
		{"preflight", full(), preflight(app, "PUT", "content-type,x-request-id")},
		{"preflight-refused", full(), preflight(evil, "PUT", "content-type")},
		{"evil-commas", full(), preflight(app, "PUT", strings.Repeat(",", 1<<16))},
		{"evil-origin", full(), request("GET", "Origin", longOrigin)},
		{"one-origin/non-cors", oneOrigin(), request("GET")},
		{"one-origin/actual", oneOrigin(), request("GET", "Origin", app)},
		{"one-origin/refused", oneOrigin(), request("GET", "Origin", evil)},
		{"one-origin/preflight", oneOrigin(), preflight(app, "PUT", fiveHeaders)},
		{"one-origin/preflight-upper", oneOrigin(), preflight(app, "PUT", "Content-Type, X-Request-Id")},
		{"one-origin/refused-origin", oneOrigin(), preflight(evil, "PUT", fiveHeaders)},
		{"one-origin/refused-method", oneOrigin(), preflight(app, "PATCH", fiveHeaders)},
		{"one-origin/refused-header", oneOrigin(), preflight(app, "PUT", fiveHeaders+",x-unheard-of")},
		{"one-origin/evil-origin", oneOrigin(), request("GET", "Origin", longOrigin)},
		{"many-origins/actual", many, request("GET", "Origin", "https://500.example.com")},
		{"many-origins/first", many, request("GET", "Origin", app)},
		{"many-origins/refused", many, request("GET", "Origin", evil)},
	} {
		b.Run(c.name, func(b *testing.B) {
			h := mustNew(b, c.policy).Wrap(ok)
			w := &writer{make(http.Header, 8)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, c.r)
			}
		})
	}
}
