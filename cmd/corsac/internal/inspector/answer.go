package inspector

import (
	"context"
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/fetch"
)

// answerByPolicy answers a request as a server with the policy would: what was
// recorded, with the CORS headers of the policy.
func (c *court) answerByPolicy(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	if w.Hop > 0 {
		return nil, errNotAsked // a redirect leads elsewhere
	}
	if w.Kind != fetch.KindPreflight && c.answer.Status == 0 {
		return nil, &fetch.NetError{Code: fetch.CodeFailed}
	}
	return check.Serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if d := c.policy.Decide(r); !d.Allowed {
			c.refusal = d
		}
		c.policy.WrapOverride(http.HandlerFunc(c.serveRecorded)).ServeHTTP(rw, r)
	}), w)
}

// serveRecorded responds with what was recorded.
func (c *court) serveRecorded(w http.ResponseWriter, _ *http.Request) {
	for _, h := range c.answer.ResponseHeaders {
		w.Header().Add(h.Name, h.Value)
	}
	status := c.answer.Status
	if status < 200 || c.answer.IsPreflight() {
		status = http.StatusOK // only the preflight was recorded
	}
	w.WriteHeader(status)
}
