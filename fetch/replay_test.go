package fetch_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// TestInferRequestAgain checks that a request inferred from the wire makes the
// same wire request again.
func TestInferRequestAgain(t *testing.T) {
	include := "use-credentials"
	anonymous := "anonymous"
	put := &fetch.Body{Kind: fetch.BodyBytes}
	for _, req := range []*fetch.Request{
		{},
		{Method: "PUT", Body: put, Headers: fetch.Headers{{Name: "Content-Type", Value: "application/json"}, {Name: "X-A", Value: "1"}}},
		{Method: "DELETE", Options: fetch.Options{Credentials: fetch.CredentialsInclude}},
		{Method: "POST", Body: put, Headers: fetch.Headers{{Name: "Content-Type", Value: "text/plain"}}, Options: fetch.Options{Mode: fetch.ModeNoCORS}},
		{Options: fetch.Options{Mode: fetch.ModeNoCORS}},
		{Options: fetch.Options{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}},
		{Options: fetch.Options{Destination: fetch.DestinationImage}},
		{Options: fetch.Options{Destination: fetch.DestinationImage, CrossOrigin: &anonymous}},
		{Options: fetch.Options{Destination: fetch.DestinationScript, CrossOrigin: &include}},
		{Options: fetch.Options{Destination: fetch.DestinationStyle}},
		{Options: fetch.Options{Destination: fetch.DestinationFont}},
		{Options: fetch.Options{Destination: fetch.DestinationEventSource}},
		{Options: fetch.Options{Destination: fetch.DestinationEventSource, Credentials: fetch.CredentialsInclude}},
		{Options: fetch.Options{Destination: fetch.DestinationWebSocket}},
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
				cfg, observed, ok := fetch.InferRequest(recorded(sent))
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

// stream returns the headers of a request that looks like an EventSource's, and
// one more.
func stream(name, value string) fetch.Headers {
	return fetch.Headers{{Name: "Accept", Value: "text/event-stream"}, {Name: "Cache-Control", Value: "no-cache"}, {Name: name, Value: value}}
}

// TestInferEventSource checks that script that reads a stream with fetch, as
// chats do, is not mistaken for an EventSource, which has no other method and
// no headers of script.
func TestInferEventSource(t *testing.T) {
	for _, c := range []struct {
		method, name, value string
		want                fetch.Destination
		kept                fetch.Headers
	}{
		{"GET", "Origin", app, fetch.DestinationEventSource, nil},
		{"GET", "Last-Event-ID", "7", fetch.DestinationEventSource, nil},
		{"GET", "Pragma", "no-cache", fetch.DestinationEventSource, nil},
		{"GET", "Authorization", "Bearer x", fetch.DestinationFetch, fetch.Headers{{Name: "Accept", Value: "text/event-stream"}, {Name: "Authorization", Value: "Bearer x"}}},
		{"POST", "Authorization", "Bearer x", fetch.DestinationFetch, fetch.Headers{{Name: "Accept", Value: "text/event-stream"}, {Name: "Authorization", Value: "Bearer x"}}},
		{"POST", "Content-Type", "application/json", fetch.DestinationFetch, fetch.Headers{{Name: "Accept", Value: "text/event-stream"}, {Name: "Content-Type", Value: "application/json"}}},
		{"POST", "Origin", app, fetch.DestinationFetch, fetch.Headers{{Name: "Accept", Value: "text/event-stream"}}},
	} {
		r := &fetch.Recorded{WireRequest: fetch.WireRequest{Method: c.method, URL: "https://api.example.net/", Headers: append(stream(c.name, c.value), fetch.Header{Name: "User-Agent", Value: "Mozilla/5.0"})}}
		if _, req, _ := fetch.InferRequest(r); req.Destination != c.want || !reflect.DeepEqual(req.Headers, c.kept) || req.Method != c.method {
			t.Errorf("%s, %s: %+v", c.method, c.name, req)
		}
	}
}

// TestInferAdded checks that headers which browsers add, and write into copies
// of requests, are not taken for those of script.
func TestInferAdded(t *testing.T) {
	for _, c := range []struct {
		name, value string
		added       bool
	}{
		{"authority", "api.example.net", true},
		{":authority", "api.example.net", true},
		{"method", "PUT", true},
		{"method", "delete", false},
		{"path", "/a?b", true},
		{"path", "/a", false},
		{"scheme", "https", true},
		{"scheme", "dark", false},
		{"version", "HTTP/1.1", true},
		{"version", "2", false},
		{"Accept-Charset", "utf-8", true},
		{"Keep-Alive", "300", true},
		{"TE", "trailers", true},
		{"Priority", "u=1, i", true},
		{"Alt-Used", "api.example.net:443", true},
		{"Sec-GPC", "1", true},
		{"Proxy-Connection", "keep-alive", true},
		{"X-Client-Data", "CIa2yQE=", true},
		{"x-edge-shopping-flag", "1", true},
		{"X-DevTools-Emulate-Network-Conditions-Client-Id", "1F", true},
		{"Purpose", "prefetch", true},
		{"Device-Memory", "8", true},
		{"DPR", "1.5", true},
		{"Save-Data", "on", true},
		{"Width", "wide", false},
		{"If-Range", `"x"`, true},
		{"If-Match", `"x"`, false},
		{"X-Requested-With", "com.example.app", true},
		{"X-Requested-With", "XMLHttpRequest", false},
		{"Referrer-Policy", "origin", true},
		{"Cache-Control", "max-age=0", true},
		{"Cache-Control", "no-store", false},
		{"Content-Type", "application/json", false},
		{"Authorization", "Bearer x", false},
	} {
		r := &fetch.Recorded{WireRequest: fetch.WireRequest{Method: "PUT", URL: "https://api.example.net/a?b", Headers: fetch.Headers{{Name: c.name, Value: c.value}}}}
		if _, req, _ := fetch.InferRequest(r); (len(req.Headers) == 0) != c.added {
			t.Errorf("%s: %s: script set %v", c.name, c.value, req.Headers)
		}
	}
}

// lastWire makes a request to a server that allows everything, and returns the
// last request that the server got.
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
		return &fetch.WireResponse{Status: 200, Headers: fetch.Headers{
			{Name: "Access-Control-Allow-Origin", Value: get("Origin")},
			{Name: "Access-Control-Allow-Credentials", Value: "true"},
			{Name: "Access-Control-Allow-Methods", Value: get("Access-Control-Request-Method")},
			{Name: "Access-Control-Allow-Headers", Value: get("Access-Control-Request-Headers")},
		}}, nil
	})
	return last
}

// recorded returns a request as a HAR file has it, with the headers of the
// connection.
func recorded(w *fetch.WireRequest) *fetch.Recorded {
	r := &fetch.Recorded{WireRequest: fetch.WireRequest{Method: w.Method, URL: w.URL, Headers: append(fetch.Headers{{Name: "Host", Value: "x"}, {Name: "User-Agent", Value: "Mozilla/5.0"}}, w.Headers...)}, Status: 200}
	if w.Credentials {
		r.Headers = append(r.Headers, fetch.Header{Name: "Cookie", Value: "sid=1"})
	}
	return r
}

func has(headers fetch.Headers, name string) bool {
	return slices.ContainsFunc(headers, func(h fetch.Header) bool { return h.Name == name })
}

// TestReplayFits checks that an exchange with fewer fields set answers more
// requests.
func TestReplayFits(t *testing.T) {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: app})
	if err != nil {
		t.Fatal(err)
	}
	const target = "https://api.example.net/x"
	grant := fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: app}, {Name: "Access-Control-Allow-Methods", Value: "OPTIONS"}}
	asks := fetch.Headers{{Name: "Access-Control-Request-Method", Value: "OPTIONS"}}
	preflight := fetch.WireRequest{Kind: fetch.KindPreflight}
	for _, tt := range []struct {
		name string
		wire []fetch.WireRequest
		want fetch.Result
	}{
		{"anything, in order", []fetch.WireRequest{{}, {}}, fetch.Allowed},
		{"once each", []fetch.WireRequest{{}}, fetch.Failed},
		{"by kind", []fetch.WireRequest{{Kind: fetch.KindActual}, preflight}, fetch.Allowed},
		{"by headers", []fetch.WireRequest{{Method: "OPTIONS", Headers: fetch.Headers{{Name: "Accept", Value: "*/*"}}}, {Method: "OPTIONS", Headers: asks}}, fetch.Allowed},
		{"kind before headers", []fetch.WireRequest{preflight, {Kind: fetch.KindActual, Headers: asks}}, fetch.Allowed},
		{"by URL", []fetch.WireRequest{{URL: target + "#fragment"}, {URL: "https://other.example/"}, {URL: target}}, fetch.Allowed},
		{"other URL", []fetch.WireRequest{preflight, {URL: "https://other.example/"}}, fetch.Failed},
		{"other method", []fetch.WireRequest{preflight, {Method: "PUT"}}, fetch.Failed},
	} {
		var rec fetch.Recording
		for _, w := range tt.wire {
			rec.Exchanges = append(rec.Exchanges, fetch.Recorded{WireRequest: w, Status: 200, ResponseHeaders: grant})
		}
		o := fetch.New(fetch.Config{}).Replay(page, &fetch.Request{URL: target, Method: "OPTIONS"}, &rec)
		if o.Result != tt.want {
			t.Errorf("%s: %s, want %s: %v", tt.name, o.Result, tt.want, o.Error)
		}
	}
}
