package h3

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// Advertise returns next with a header on its answers that says that there is HTTP/3 on
// a UDP port (RFC 7838). Clients remember it for a day.
func Advertise(next forward.EarlyAnswerer, port string) forward.EarlyAnswerer {
	return &advertiser{next, []string{`h3=":` + port + `"; ma=86400`}}
}

type advertiser struct {
	next  forward.EarlyAnswerer
	value []string
}

// ServeHTTP implements [http.Handler].
func (a *advertiser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Alt-Svc"] = a.value
	a.next.ServeHTTP(w, r)
}

// ServeRefused implements [forward.Refuser].
func (a *advertiser) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	w.Header()["Alt-Svc"] = a.value
	a.next.ServeRefused(w, r, status)
}

// ServesEarly implements [forward.EarlyAnswerer].
func (a *advertiser) ServesEarly() bool { return a.next.ServesEarly() }

// ServePreflight implements [forward.EarlyAnswerer].
func (a *advertiser) ServePreflight(w http.ResponseWriter, r *http.Request) bool {
	w.Header()["Alt-Svc"] = a.value
	return a.next.ServePreflight(w, r)
}
