package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// reflected returns a policy for all origins as one that allows credentials, too: the
// origin that asks is the one that is allowed. "null" is not that of a website.
func reflected(p cors.Policy) cors.Policy {
	p.AllowOrigins, p.AllowCredentials, p.DangerouslyAllowInsecureOriginsWithCredentials = nil, true, true
	p.AllowOriginFunc = func(_ *http.Request, o origin.Origin) bool {
		return o.Scheme() == "https" || o.Scheme() == "http"
	}
	return p
}

// fullPreflights lets the answers to preflights that are allowed name all methods of a
// policy as they are written, and the headers that it exposes. Browsers need neither.
type fullPreflights struct {
	next             http.Handler
	methods, exposed string
}

func newFullPreflights(next http.Handler, p cors.Policy) *fullPreflights {
	f := &fullPreflights{next: next, exposed: strings.Join(p.ExposeHeaders, ",")}
	if !slices.Contains(p.AllowMethods, "*") {
		f.methods = strings.Join(p.AllowMethods, ",")
	}
	return f
}

// ServeHTTP implements [http.Handler].
func (f *fullPreflights) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isPreflight(r) {
		w = &fullAnswer{w, f}
	}
	f.next.ServeHTTP(w, r)
}

// fullAnswer is the answer to a preflight, which has no body.
type fullAnswer struct {
	http.ResponseWriter

	full *fullPreflights
}

// WriteHeader implements [http.ResponseWriter].
func (a *fullAnswer) WriteHeader(status int) {
	if h := a.Header(); status < 300 && h.Get("Access-Control-Allow-Origin") != "" {
		if a.full.methods != "" {
			h.Set("Access-Control-Allow-Methods", a.full.methods)
		}
		if a.full.exposed != "" {
			h.Set("Access-Control-Expose-Headers", a.full.exposed)
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (a *fullAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
