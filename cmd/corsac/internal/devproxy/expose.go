package devproxy

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// callOf returns the call whose ResponseWriter w stands on.
func callOf(w http.ResponseWriter) *call { return forward.IncomingOf(w).Owner.(*call) }

// exposing returns a handler whose responses let pages read all their headers. With
// credentials, browsers read "*" as the name of a header, so each is named.
func exposing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&exposer{ResponseWriter: w}, r)
	})
}

// exposer adds Access-Control-Expose-Headers to a response that its page may read.
type exposer struct{ http.ResponseWriter }

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (e *exposer) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (e *exposer) WriteHeader(status int) {
	if status >= 200 {
		expose(e.Header())
	}
	e.ResponseWriter.WriteHeader(status)
}

// Hijack implements [http.Hijacker].
func (e *exposer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(e.ResponseWriter).Hijack()
}

// hidden are headers that pages can read without being allowed to, or cannot read
// at all (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
var hidden = []string{
	"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma", "Set-Cookie", "Set-Cookie2",
	"Connection", "Trailer", "Vary",
}

func expose(h http.Header) {
	if h.Get("Access-Control-Allow-Origin") == "" || h.Get("Access-Control-Allow-Methods") != "" {
		return
	}
	var names []string
	for name := range h {
		if !slices.Contains(hidden, name) && !strings.HasPrefix(name, "Access-Control-") && !strings.HasPrefix(name, http.TrailerPrefix) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		h["Access-Control-Expose-Headers"] = []string{strings.Join(names, ", ")}
	}
}
