package inspector

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
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
	target, err := weburl.Parse(w.URL, nil)
	if err != nil {
		return nil, &fetch.NetError{Code: fetch.CodeFailed, Err: err}
	}
	u := target.NetURL()
	r := &http.Request{Method: w.Method, URL: u, Host: u.Host, RequestURI: u.RequestURI(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
	for _, h := range w.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	if d := c.policy.Decide(r); !d.Allowed {
		c.refusal = d
	}
	rec := &responder{header: http.Header{}}
	c.policy.WrapOverride(http.HandlerFunc(c.serveRecorded)).ServeHTTP(rec, r)
	return rec.response(), nil
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

// responder keeps the head of a response.
type responder struct {
	header http.Header
	sent   http.Header
	status int
}

// Header implements [http.ResponseWriter].
func (r *responder) Header() http.Header { return r.header }

// Write implements [http.ResponseWriter].
func (r *responder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return len(b), nil
}

// WriteHeader implements [http.ResponseWriter].
func (r *responder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status, r.sent = status, r.header.Clone()
	}
}

// response returns what was written, with the headers of CORS first.
func (r *responder) response() *fetch.WireResponse {
	r.WriteHeader(http.StatusOK)
	w := &fetch.WireResponse{Status: r.status}
	names := slices.SortedFunc(maps.Keys(r.sent), func(a, b string) int {
		ac, bc := strings.HasPrefix(a, "Access-Control-"), strings.HasPrefix(b, "Access-Control-")
		switch {
		case ac && !bc:
			return -1
		case bc && !ac:
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		for _, value := range r.sent[name] {
			w.Headers = append(w.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	return w
}
