package check

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Serve returns what a handler answers a request of a browser, without a network.
func Serve(h http.Handler, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	target, err := weburl.Parse(w.URL, nil)
	if err != nil {
		return nil, &fetch.NetError{Code: fetch.CodeFailed, Err: err}
	}
	u := target.NetURL()
	r := &http.Request{Method: w.Method, URL: u, Host: u.Host, RequestURI: u.RequestURI(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
	for _, h := range w.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	rec := &responder{header: http.Header{}}
	h.ServeHTTP(rec, r)
	return rec.response(), nil
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
