//go:build js && wasm

package main

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// askPolicy answers a question about a server with a policy. Its own response is 200
// and has no headers but those of CORS. The verdict has no findings: the cause is the
// policy, and the verdict's change says what to write in it.
func askPolicy(q *verdict.Question, policy []byte) (*verdict.Verdict, error) {
	m, err := middleware(policy)
	if err != nil {
		return nil, err
	}
	page, err := fetch.NewPage(q.PageConfig())
	if err != nil {
		return nil, err
	}
	server := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	var verdicts []*verdict.Verdict
	for _, profile := range q.Profiles() {
		browser := fetch.New(fetch.Config{Profile: profile, Trace: q.Explain})
		o := browser.Fetch(context.Background(), page, q.FetchRequest(), func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) { return answer(server, w) })
		verdicts = append(verdicts, verdict.Of(o, verdict.Facts{ReadHeaders: q.ReadHeaders}))
	}
	v := verdict.Join(verdicts)
	// The status of a refusal follows from the refusal.
	v.Change = slices.DeleteFunc(v.Change, func(c verdict.Change) bool { return c.Field == "preflight_status" })
	return v, nil
}

// answer lets a handler answer a request.
func answer(server http.Handler, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	target, err := weburl.Parse(w.URL, nil)
	if err != nil {
		return nil, err
	}
	u := target.NetURL()
	r := &http.Request{Method: w.Method, URL: u, Host: u.Host, Header: http.Header{}, Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	for _, h := range w.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	head := &head{header: http.Header{}}
	server.ServeHTTP(head, r)
	response := &fetch.WireResponse{Status: head.status}
	for _, name := range slices.Sorted(maps.Keys(head.header)) {
		for _, value := range head.header[name] {
			response.Headers = append(response.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	return response, nil
}

// head keeps the status and the header of a response.
type head struct {
	header http.Header
	status int
}

// Header implements [http.ResponseWriter].
func (h *head) Header() http.Header { return h.header }

// Write implements [http.ResponseWriter].
func (h *head) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements [http.ResponseWriter].
func (h *head) WriteHeader(status int) { h.status = status }
