package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// Plain returns the handler for plain http beside a gateway with TLS on a port. It
// forwards only what has come to a trusted proxy over https. Other navigations and
// requests without Origin are redirected. The rest would come back from a redirect with
// "Origin: null", so a preflight gets the answer of the policy, and the request after it
// 421, with the URL to use.
func (g *Gateway) Plain(securePort string) forward.Refuser { return &plain{g, securePort} }

type plain struct {
	*Gateway

	port string
}

// ServePreflight implements [forward.EarlyAnswerer]. Without it, that of the
// gateway would answer.
func (p *plain) ServePreflight(http.ResponseWriter, *http.Request) bool { return false }

// ServesEarly implements [forward.EarlyAnswerer].
func (p *plain) ServesEarly() bool { return false }

// ServeHTTP implements [http.Handler].
func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := p.current.Load()
	if s.terms.Trust.Public(r).Scheme == "https" { // TLS ends at a trusted proxy; a redirect would come back
		p.Gateway.ServeHTTP(w, r)
		return
	}
	in := p.accept(w, r, s) // so that the answer does not wait for the body
	defer in.Release()
	s.serveAside(in, r, in.Public.Client, func(w http.ResponseWriter) *route { return p.answer(s, in, w, r) })
	in.Finish()
}

// answer answers a request through w, and returns the route that it would take over
// https.
func (p *plain) answer(s *setup, in *forward.Incoming, w http.ResponseWriter, r *http.Request) *route {
	t, wrong := targetOf(r)
	host, err := hostguard.HostOf(in.Public.Host)
	if wrong == nil && err != nil {
		wrong = &notAHost
	}
	if wrong != nil {
		s.outside(wrong).ServeHTTP(w, r)
		return nil
	}
	answer := s.outside
	rt, _ := s.routes.find(r.Host, t.Path)
	if rt != nil {
		answer = func(h http.Handler) http.Handler { return rt.enforced(r, h) } // since nothing is forwarded
	}
	if exceeded := s.exceeded(in, r); exceeded != nil {
		answer(exceeded).ServeHTTP(w, r)
		return rt
	}
	url := p.secure(host) + t.String()
	if len(r.Header["Origin"]) == 0 || r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		w.Header().Set("Location", url)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusPermanentRedirect)
		return rt
	}
	answer(misdirected(url)).ServeHTTP(w, r)
	return rt
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
	const code = "plain-http"
	if o := observerOf(w); o != nil {
		o.answer = code
	}
	body, err := json.Marshal(struct {
		failure

		URL string `json:"url"`
	}{failure{
		http.StatusMisdirectedRequest, code, "this address speaks plain http, and answers pages over https only",
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
