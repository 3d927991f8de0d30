package forward

import (
	"net/http"
	"time"
)

// Prompt returns a handler whose answers do not wait for the body of a request if h does
// not read it, and for a minute without progress if it does. It is for servers other than
// proxies: without it, net/http reads the body first, however long a client takes.
func Prompt(h http.Handler) http.Handler {
	terms := &Terms{BodyTimeout: time.Minute}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := Accept(w, r, terms)
		defer in.Release()
		p := &prompt{Incoming: in}
		if r.ContentLength != 0 {
			with := *r
			with.Body = in.body
			r = &with
		}
		h.ServeHTTP(p, r)
		p.begin()
		in.Finish()
	})
}

// prompt calls WriteHeader for handlers that leave that to net/http.
type prompt struct {
	*Incoming

	begun bool
}

func (p *prompt) begin() {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (p *prompt) Unwrap() http.ResponseWriter { return p.Incoming }

// WriteHeader implements [http.ResponseWriter].
func (p *prompt) WriteHeader(status int) {
	p.begun = p.begun || status >= http.StatusOK
	p.Incoming.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (p *prompt) Write(b []byte) (int, error) {
	p.begin()
	return p.Incoming.Write(b)
}

// FlushError is that of [http.ResponseController].
func (p *prompt) FlushError() error {
	p.begin()
	return p.Incoming.FlushError()
}
