package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// debugHeader says to clients at certain addresses what was decided, and by which
// configuration. Nobody else gets it.
const debugHeader = "Corsac-Debug"

// tell adds the debug header to a response, which then is for this client only: shared
// caches must not keep it, whatever it says of itself, and neither must those that have a
// header of their own for that (RFC 9213). Browsers may. A 304 has none, because caches would
// add it to what they have stored.
func tell(h http.Header, text string) {
	h[debugHeader] = []string{text}
	h["Cache-Control"] = append(h["Cache-Control"], "private")
	for name := range h {
		if strings.HasSuffix(name, "-Cache-Control") {
			h[name] = append(h[name], "private")
		}
	}
	delete(h, "Surrogate-Control")
}

// debugs reports whether a client gets the debug header.
func (s *setup) debugs(r *http.Request) bool {
	if len(s.debugFor) == 0 {
		return false
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || wasForwarded(r) && !s.terms.Trust.Has(peer.Addr()) {
		return false
	}
	public := s.terms.Trust.Public(r)
	client, err := netip.ParseAddr(public.Client)
	return err == nil && !public.Doubtful && forward.Trust(s.debugFor).Has(client)
}

// wasForwarded reports whether a request says that it comes from a proxy, whose address
// then is not that of the client.
func wasForwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Real-Ip"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}

// debug returns the debug header of a request, a dictionary of RFC 9651.
func (s *setup) debug(in *forward.Incoming) string {
	r := in.Request()
	rt, ok := in.Owner.(*route)
	if !ok {
		return fmt.Sprintf(`route=none, verdict=%s, config="%s"`, verdictOf(s.unmatched.Decide(r).Reason.String()), s.hash)
	}
	a, mode := rt.announcedTo(r), rt.treatment.mode
	if mode == config.ModeOwn {
		mode = "own"
	}
	return fmt.Sprintf(`route="%s", policy="%s", mode=%s, verdict=%s, config="%s"`,
		plainText(rt.label), plainText(a.name), mode, verdictOf(a.policy.Decide(r).Reason.String()), s.hash)
}

// verdictOf returns the word for a reason that is not a refusal, or the reason.
func verdictOf(reason string) string {
	if reason == "permitted" {
		return "allowed"
	}
	return reason
}

// plainText returns a text of the configuration as the inside of a string of RFC 9651.
func plainText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
