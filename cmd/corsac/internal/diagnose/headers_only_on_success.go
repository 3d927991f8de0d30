package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "headers-only-on-success", InProxy: true, Side: cause.Server,
	Title: "Only successful responses have CORS headers; this one is {status}",
	When:  "The response is an error without CORS headers, and so are other errors of the server, while its successes have them.",
	Why:   "The layer that sets the headers sets them on successes only: nginx does so for add_header without always, and Apache for Header set without always. Script then sees a CORS failure in place of the error.",
	Fix:   "Set the headers on errors, too: in nginx, write always at the end of each add_header; in Apache, write Header always set. Then script can read the error: {status}.",
	Example: &Scenario{
		Server: onSuccess(false), Request: fetch.Request{URL: "{server}/api/items/999"},
	},
	Fixed: &Scenario{Server: onSuccess(true)},
	rules: []rule{{rank: early, of: bareError, find: func(s *scene) *shown {
		if s.preflight() || s.has(protocol.AllowOrigin) || s.last.Status < 400 || frameworkMissing(s) != "" {
			return nil
		}
		good := s.goodElsewhere()
		if good == nil {
			return nil
		}
		other := s.nowhere()
		if !other.failure() || !other.bare() {
			return nil
		}
		known := s.isProxy("nginx", "openresty", "apache")
		if !known && (s.last.Status != other.Status && !s.status(400, 404, 409, 422) || !strings.HasPrefix(s.url.Path, urlOf(good.question.url).Path+"/")) {
			return nil
		}
		f := by(good, other)
		f.symptom = true
		if !known {
			f.likely()
		}
		return f
	}}},
})

// onSuccess sets the headers as nginx does without always.
func onSuccess(always bool) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.24.0")
		found := r.URL.Path == "/api/items"
		if found || always {
			w.Header().Set(protocol.AllowOrigin, dev)
			w.Header().Set("Vary", "Origin")
		}
		if found {
			items.ServeHTTP(w, r)
			return
		}
		write(http.StatusNotFound, jsonType, `{"error":"no such item"}`).ServeHTTP(w, r)
	})
}

// isProxy reports whether the Server header of the answer begins with a name.
func (s *scene) isProxy(names ...string) bool {
	server := strings.ToLower(s.answer("Server"))
	for _, name := range names {
		if strings.HasPrefix(server, name) {
			return true
		}
	}
	return false
}

// goodElsewhere is a success of the server that the page may read, nil for none.
func (s *scene) goodElsewhere() *reply {
	if s.method() != s.v.Request.Method || s.preflight() {
		if r := s.asGet(); r.success() && r.allows(s.sent(), false) {
			return r
		}
	}
	for _, r := range s.elsewhere() {
		if r.success() && r.allows(s.sent(), false) {
			return r
		}
	}
	return nil
}
