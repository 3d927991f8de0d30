package verify

import (
	"context"
	"net/http"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// reference is what a policy means: the engine, talking to the policy's own
// middleware.
type reference struct {
	handler http.Handler
}

func newReference(m *cors.Middleware) *reference {
	return &reference{m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))}
}

// allows reports whether script gets a response that it can read.
func (r *reference) allows(ctx context.Context, a *Ask) bool {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: a.Origin})
	if err != nil {
		return false
	}
	return fetch.New(fetch.Config{}).Fetch(ctx, page, a.request(), r.exchange).Result == fetch.Allowed
}

// exchange is a round trip in memory.
func (r *reference) exchange(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	target, err := weburl.Parse(w.URL, nil)
	if err != nil {
		return nil, err
	}
	u := target.NetURL()
	request := (&http.Request{Method: w.Method, URL: u, Host: u.Host, Header: http.Header{}, Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	for _, h := range w.Headers {
		request.Header.Add(h.Name, h.Value)
	}
	answer := &recorder{header: http.Header{}}
	r.handler.ServeHTTP(answer, request)
	response := &fetch.WireResponse{Status: answer.status}
	for name, values := range answer.header {
		for _, v := range values {
			response.Headers = append(response.Headers, fetch.Header{Name: name, Value: v})
		}
	}
	return response, nil
}

// recorder keeps the head of a response.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return len(b), nil
}
