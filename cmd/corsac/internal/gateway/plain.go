package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// Plain returns the handler for plain http beside a gateway with TLS on a port. It
// forwards nothing. Navigations and requests without Origin are redirected. Other
// requests would come back from a redirect with "Origin: null", so a preflight gets
// the answer of the policy, and the request after it 421, with the URL to use.
func (g *Gateway) Plain(securePort string) forward.Refuser { return &plain{g, securePort} }

type plain struct {
	*Gateway

	port string
}

// ServePreflight implements [forward.PreflightAnswerer]. Without it, that of the
// gateway would answer.
func (p *plain) ServePreflight(http.ResponseWriter, *http.Request) bool { return false }

// ServeHTTP implements [http.Handler].
func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := p.current.Load()
	in := p.accept(w, r, s) // so that the answer does not wait for the body
	defer in.Release()
	p.answer(s, in, r)
	in.Finish()
}

func (p *plain) answer(s *setup, w http.ResponseWriter, r *http.Request) {
	t, wrong := targetOf(r)
	host, err := hostguard.HostOf(r.Host)
	if wrong == nil && err != nil {
		wrong = &notAHost
	}
	if wrong != nil {
		s.unmatched.Wrap(wrong).ServeHTTP(w, r)
		return
	}
	url := p.secure(host) + t.String()
	if len(r.Header["Origin"]) == 0 || r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		w.Header().Set("Location", url)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	policy := s.unmatched
	if rt, _ := s.routes.find(r.Host, t.Path); rt != nil {
		policy = rt.policy
	}
	policy.Wrap(misdirected(url)).ServeHTTP(w, r)
}

// secure returns the origin with TLS of a host.
func (p *plain) secure(host string) string {
	if p.port != "443" {
		host += ":" + p.port
	}
	return "https://" + host
}

// misdirected answers a request that should have been sent to a URL.
type misdirected string

// ServeHTTP implements [http.Handler].
func (url misdirected) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(struct {
		failure

		URL string `json:"url"`
	}{failure{
		http.StatusMisdirectedRequest, "plain-http", "this address speaks plain http, and answers pages over https only",
		"send the request to the https URL; a redirect would not work, because browsers make its Origin null",
	}, string(url)})
	if err != nil {
		panic(err) // strings and a number can always be encoded
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusMisdirectedRequest)
	_, _ = w.Write(append(body, '\n')) // fails only if the client has left
}
