package diagnose

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug:  "localhost-ipv6-other-server",
	When:  "The addresses 127.0.0.1 and ::1 respond differently, and the one that the browser takes for localhost lacks CORS headers; or the Server header says AirTunes.",
	Title: "Two servers share this port: the browser reaches {reached}",
	Why:   "localhost stands for ::1 and 127.0.0.1, and a different program listens on each. Browsers try ::1 first, other tools often 127.0.0.1. On macOS, AirPlay Receiver listens on ports 5000 and 7000.",
	Fix:   "Call {wanted} from the page instead of localhost, or stop the other program, or run the server on another port.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "AirTunes/760.20.1")
			w.WriteHeader(http.StatusForbidden)
		}),
		Listen: "::1", Other: allowing(dev, items), ListenOther: "127.0.0.1", Request: fetch.Request{URL: "http://localhost:{port}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "http://127.0.0.1:{port}/items"}},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		if host := s.url.Host; host != "localhost" && !strings.HasSuffix(host, ".localhost") {
			return nil
		}
		reached, err := netip.ParseAddrPort(s.last.Remote)
		r := s.otherFamily()
		if err != nil || r == nil || r.Status == 0 {
			return nil
		}
		here := s.sameAt(r, reached.Addr())
		if here == nil || here.Status == 0 || !s.differ(here, r) {
			return nil
		}
		f := by(here, r).with("reached", reached.Addr().String()).with("wanted", r.question.address.String())
		if !r.allows(s.sent(), false) {
			f.likely()
		}
		return f
	}}},
})

// sameAt is the answer to the question of r at another address, that of the last
// answer, which it is if it was asked the same.
func (s *scene) sameAt(r *reply, address netip.Addr) *reply {
	q := *r.question
	q.address, q.why = address, "at "+address.String()
	if s.preflight() || s.last.Method == q.method && len(s.v.Request.Headers) == 0 && s.cookie == "" {
		return &reply{&check.Answer{Status: s.last.Status, Headers: s.last.ResponseHeaders}, &q}
	}
	return s.ask(&q)
}

// differ reports whether two answers to the same question are of two programs, of
// which the other, at the address that the browser does not use, may be the right
// one.
func (s *scene) differ(here, other *reply) bool {
	if here.get("Server") != other.get("Server") || here.get("X-Powered-By") != other.get("X-Powered-By") {
		return true
	}
	return other.allows(s.sent(), false) && here.bare()
}
