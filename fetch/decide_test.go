package fetch_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// What is observed of a request on the wire makes the same request again.
func TestObservedAgain(t *testing.T) {
	include := "use-credentials"
	anonymous := "anonymous"
	put := &fetch.Body{Kind: fetch.BodyBytes}
	for _, req := range []*fetch.Request{
		{},
		{Method: "PUT", Body: put, Headers: []fetch.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "X-A", Value: "1"}}},
		{Method: "DELETE", Credentials: fetch.CredentialsInclude},
		{Method: "POST", Body: put, Headers: []fetch.Header{{Name: "Content-Type", Value: "text/plain"}}, Mode: fetch.ModeNoCORS},
		{Mode: fetch.ModeNoCORS},
		{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude},
		{Destination: fetch.DestinationImage},
		{Destination: fetch.DestinationImage, CrossOrigin: &anonymous},
		{Destination: fetch.DestinationScript, CrossOrigin: &include},
		{Destination: fetch.DestinationStyle},
		{Destination: fetch.DestinationFont},
		{Destination: fetch.DestinationEventSource},
		{Destination: fetch.DestinationEventSource, Credentials: fetch.CredentialsInclude},
		{Destination: fetch.DestinationWebSocket},
	} {
		for _, target := range []string{"https://api.example.net/x?y", "http://api.example.net/x", "http://localhost:9000/x", app + "/x"} {
			for _, from := range []string{app, "http://app.example.com"} {
				page, err := fetch.NewPage(fetch.PageConfig{Origin: from, URL: from + "/p?q"})
				if err != nil {
					t.Fatal(err)
				}
				req.URL = target
				sent := lastWire(page, req)
				if sent == nil {
					continue // not sent at all, such as mixed content
				}
				cfg, observed, ok := fetch.Observed(recorded(sent))
				if !ok {
					if has(sent.Headers, "Origin") || has(sent.Headers, "Referer") {
						t.Errorf("%+v: no page", req)
					}
					continue
				}
				page, err = fetch.NewPage(cfg)
				if err != nil {
					t.Fatal(err)
				}
				again := lastWire(page, observed)
				if again == nil || again.Method != sent.Method || !reflect.DeepEqual(again.Headers, sent.Headers) || again.Credentials != sent.Credentials && has(sent.Headers, "Origin") {
					t.Errorf("%s: %+v\nobserved as %+v\n was sent %+v\nthen sent %+v", from, req, observed, sent, again)
				}
			}
		}
	}
}

// stream are the headers of a request that looks like an EventSource's, and one more.
func stream(name, value string) []fetch.Header {
	return []fetch.Header{{Name: "Accept", Value: "text/event-stream"}, {Name: "Cache-Control", Value: "no-cache"}, {Name: name, Value: value}}
}

// Script that reads a stream by fetch, as of chats, is no EventSource: that has no other method, and no
// headers of script.
func TestObservedEventSource(t *testing.T) {
	for _, c := range []struct {
		method, name, value string
		want                fetch.Destination
		kept                []fetch.Header
	}{
		{"GET", "Origin", app, fetch.DestinationEventSource, nil},
		{"GET", "Last-Event-ID", "7", fetch.DestinationEventSource, nil},
		{"GET", "Pragma", "no-cache", fetch.DestinationEventSource, nil},
		{"GET", "Authorization", "Bearer x", fetch.DestinationFetch, []fetch.Header{{Name: "Accept", Value: "text/event-stream"}, {Name: "Authorization", Value: "Bearer x"}}},
		{"POST", "Authorization", "Bearer x", fetch.DestinationFetch, []fetch.Header{{Name: "Accept", Value: "text/event-stream"}, {Name: "Authorization", Value: "Bearer x"}}},
		{"POST", "Content-Type", "application/json", fetch.DestinationFetch, []fetch.Header{{Name: "Accept", Value: "text/event-stream"}, {Name: "Content-Type", Value: "application/json"}}},
		{"POST", "Origin", app, fetch.DestinationFetch, []fetch.Header{{Name: "Accept", Value: "text/event-stream"}}},
	} {
		r := &fetch.Recorded{Method: c.method, URL: "https://api.example.net/", RequestHeaders: append(stream(c.name, c.value), fetch.Header{Name: "User-Agent", Value: "Mozilla/5.0"})}
		if _, req, _ := fetch.Observed(r); req.Destination != c.want || !reflect.DeepEqual(req.Headers, c.kept) || req.Method != c.method {
			t.Errorf("%s, %s: %+v", c.method, c.name, req)
		}
	}
}

// A header of several lines is their list.
func TestRecordedHeader(t *testing.T) {
	r := &fetch.Recorded{RequestHeaders: []fetch.Header{{Name: "x-a", Value: " 1"}, {Name: "X-B", Value: "2"}, {Name: "X-A", Value: "3\t"}}}
	if a, b, c := r.Header("X-A"), r.Header("x-b"), r.Header("X-C"); a != "1, 3" || b != "2" || c != "" {
		t.Errorf("%q, %q, %q", a, b, c)
	}
}

// lastWire makes a request of a server that allows everything, and returns what it got last.
func lastWire(page *fetch.Page, req *fetch.Request) (last *fetch.WireRequest) {
	fetch.New(fetch.Config{}).Fetch(context.Background(), page, req, func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		last = w
		get := func(name string) string {
			for _, h := range w.Headers {
				if h.Name == name {
					return h.Value
				}
			}
			return ""
		}
		return &fetch.WireResponse{Status: 200, Headers: []fetch.Header{
			{Name: "Access-Control-Allow-Origin", Value: get("Origin")},
			{Name: "Access-Control-Allow-Credentials", Value: "true"},
			{Name: "Access-Control-Allow-Methods", Value: get("Access-Control-Request-Method")},
			{Name: "Access-Control-Allow-Headers", Value: get("Access-Control-Request-Headers")},
		}}, nil
	})
	return last
}

// recorded is a request as a HAR file has it: with what the connection adds.
func recorded(w *fetch.WireRequest) *fetch.Recorded {
	r := &fetch.Recorded{Method: w.Method, URL: w.URL, Status: 200, RequestHeaders: append([]fetch.Header{{Name: "Host", Value: "x"}, {Name: "User-Agent", Value: "Mozilla/5.0"}}, w.Headers...)}
	if w.Credentials {
		r.RequestHeaders = append(r.RequestHeaders, fetch.Header{Name: "Cookie", Value: "sid=1"})
	}
	return r
}

func has(headers []fetch.Header, name string) bool {
	return slices.ContainsFunc(headers, func(h fetch.Header) bool { return h.Name == name })
}
