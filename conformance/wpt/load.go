package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

func modeNoCORS(f *file) {
	f.path = "fetch/api/basic/mode-no-cors.sub.any.js"
	for _, at := range []string{own, port, remote} {
		want := "opaque"
		if at == own {
			want = "basic"
		}
		f.add(&Case{Name: at, Want: want, Request: fetch.Request{URL: at + "/", Options: fetch.Options{Mode: fetch.ModeNoCORS}}})
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "CUSTOM"} {
		f.add(&Case{Name: method, Want: "throws", Request: fetch.Request{URL: remote + "/", Method: method, Options: fetch.Options{Mode: fetch.ModeNoCORS}}})
	}
	f.add(&Case{
		Name: "other headers are dropped", Look: "sent X-Test",
		Request: fetch.Request{URL: remote + "/", Headers: header("X-Test", "1"), Options: fetch.Options{Mode: fetch.ModeNoCORS}},
	})
}

func modeSameOrigin(f *file) {
	f.path = "fetch/api/basic/mode-same-origin.any.js"
	for _, at := range []string{own, port, www, remote} {
		want := "error"
		if at == own {
			want = "basic"
		}
		f.add(&Case{Name: at, Want: want, Request: fetch.Request{URL: at + "/", Options: fetch.Options{Mode: fetch.ModeSameOrigin}}})
		f.add(&Case{
			Name: "a redirect to " + at, Want: want, Request: fetch.Request{URL: "/", Options: fetch.Options{Mode: fetch.ModeSameOrigin}},
			Responses: list(to(302, "Location: "+at+"/b"), to(200, star)),
		})
	}
}

func forbiddenHeaders(f *file) {
	f.path = "fetch/api/basic/request-forbidden-headers.any.js"
	for _, name := range []string{
		"Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method",
		"Connection", "Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect", "Host", "Keep-Alive", "Origin", "Referer", "Set-Cookie", "TE",
		"Trailer", "Transfer-Encoding", "Upgrade", "Via", "Proxy-", "Proxy-a", "Sec-", "Sec-b",
	} {
		want := ""
		if name == "Referer" {
			want = own + "/"
		}
		f.add(&Case{Name: name, Look: "sent " + name, Want: want, Request: fetch.Request{URL: "/", Headers: header(name, "KO")}})
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		for _, tt := range [][2]string{
			{"GET", "GET"}, {"TRACE", ""}, {"connect", ""}, {"track ,GET", ""}, {"trace,", ""}, {"GETTRACE", "GETTRACE"}, {"\",TRACK\",", "\",TRACK\","},
		} {
			value := tt[0]
			f.add(&Case{Name: name + ": " + value, Look: "sent " + name, Want: tt[1], Request: fetch.Request{URL: "/", Headers: header(name, value)}})
		}
	}
}

func noSniffScript(f *file) {
	f.path = "fetch/nosniff/script.html"
	for _, mime := range []string{"", "x", "x/x", "text/json", "application/xml"} {
		f.add(&Case{Name: fmt.Sprintf("%q", mime), Want: "error", Request: element(remote, fetch.DestinationScript), Responses: list(typed(mime))})
	}
	for _, mime := range []string{"text/javascript", "application/javascript", "text/ecmascript", "text/livescript", "text/JavaScript1.5", "application/x-javascript;charset=utf-8"} {
		f.add(&Case{Name: fmt.Sprintf("%q", mime), Want: "ok", Request: element(remote, fetch.DestinationScript), Responses: list(typed(mime))})
	}
}

func noSniffStyle(f *file) {
	f.path = "fetch/nosniff/stylesheet.html"
	for _, mime := range []string{"", "x", "x/x", "text/json", "text/html"} {
		f.add(&Case{Name: fmt.Sprintf("%q", mime), Want: "error", Request: element(own, fetch.DestinationStyle), Responses: list(typed(mime))})
	}
	for _, mime := range []string{"text/css", "text/css;charset=utf-8", "text/css;blah", "TEXT/CSS"} {
		f.add(&Case{Name: fmt.Sprintf("%q", mime), Want: "ok", Request: element(own, fetch.DestinationStyle), Responses: list(typed(mime))})
	}
}

func noSniffImage(f *file) {
	f.path = "fetch/nosniff/image.html"
	for _, mime := range []string{"image/png", "image/gif", "image/png;blah", "IMAGE/PNG"} {
		f.add(&Case{Name: fmt.Sprintf("%q", mime), Want: "ok", Request: element(own, fetch.DestinationImage), Responses: list(typed(mime))})
	}
}

// typed returns a response with a type that must not be sniffed.
func typed(mime string) *fetch.WireResponse {
	lines := []string{star, "X-Content-Type-Options: nosniff"}
	if mime != "" {
		lines = append(lines, "Content-Type: "+mime)
	}
	return to(200, lines...)
}

// element returns the request of an element without CORS, or, for a track, with
// it, since it needs that.
func element(at string, d fetch.Destination) fetch.Request {
	q := fetch.Request{URL: at + "/", Options: fetch.Options{Destination: d}}
	if d == fetch.DestinationTrack {
		q.CrossOrigin = new("anonymous")
	}
	return q
}

func resourcePolicy(f *file) {
	f.path = "fetch/cross-origin-resource-policy/fetch.any.js"
	for _, tt := range []struct{ at, policy, want string }{
		{own, "same-origin", "basic"},
		{own, "same-site", "basic"},
		{www, "same-origin", "error"},
		{www, "same-site", "opaque"},
		{www, "cross-origin", "opaque"},
		{remote, "same-origin", "error"},
		{remote, "same-site", "error"},
		{remote, "cross-origin", "opaque"},
		{remote, "same-origin, same-site", "opaque"},
		{remote, "SAME-ORIGIN", "opaque"},
		{remote, "", "opaque"},
		{remote, "unknown", "opaque"},
		{port, "same-origin", "error"},
		{port, "same-site", "opaque"},
	} {
		line := "Cross-Origin-Resource-Policy: " + tt.policy
		f.add(&Case{
			Name: tt.at + ", no-cors, " + tt.policy, Want: tt.want, Responses: list(to(200, line)),
			Request: fetch.Request{URL: tt.at + "/", Options: fetch.Options{Mode: fetch.ModeNoCORS}},
		})
		cors := "cors"
		if tt.at == own {
			cors = "basic"
		}
		f.add(&Case{
			Name: tt.at + ", cors, " + tt.policy, Want: cors, Request: fetch.Request{URL: tt.at + "/"}, Responses: list(to(200, star, line)),
		})
	}
}

func embedderPolicy(f *file) {
	f.path = "html/cross-origin-embedder-policy/require-corp.https.html"
	page := fetch.PageConfig{Origin: own, EmbedderPolicy: fetch.EmbedderRequireCORP}
	for _, tt := range []struct{ at, policy, want string }{
		{own, "", "basic"},
		{www, "", "error"},
		{www, "same-site", "opaque"},
		{www, "same-origin", "error"},
		{www, "cross-origin", "opaque"},
		{remote, "", "error"},
		{remote, "same-site", "error"},
		{remote, "same-origin", "error"},
		{remote, "cross-origin", "opaque"},
	} {
		lines := []string{"Content-Type: text/plain"}
		if tt.policy != "" {
			lines = append(lines, "Cross-Origin-Resource-Policy: "+tt.policy)
		}
		f.add(&Case{
			Name: "no-cors, " + tt.at + " " + tt.policy, Want: tt.want, Page: page, Responses: list(to(200, lines...)),
			Request: fetch.Request{URL: tt.at + "/", Options: fetch.Options{Mode: fetch.ModeNoCORS}},
		})
		if tt.at != own {
			f.add(&Case{
				Name: "cors, " + tt.at + " " + tt.policy, Want: "cors", Page: page, Responses: list(to(200, append(lines, star)...)),
				Request: fetch.Request{URL: tt.at + "/"},
			})
		}
	}
}

func opaqueBlocking(f *file) {
	f.path = "fetch/corb/img-mime-types-coverage.tentative.sub.html"
	for _, mime := range []string{
		"application/json", "text/json", "application/blah+json", "text/html", "text/plain", "text/xml", "application/xml", "application/blah+xml",
		"application/gzip", "application/x-gzip", "application/x-protobuf", "application/zip", "text/csv", "text/event-stream",
		"application/msexcel", "application/mspowerpoint", "application/msword", "application/pdf", "multipart/byteranges", "multipart/signed",
	} {
		response := to(200, "Content-Type: "+mime, "X-Content-Type-Options: nosniff")
		response.Body = &fetch.Received{Start: []byte("\x00\x01data")}
		f.add(&Case{Name: mime, Want: "error", Request: element(remote, fetch.DestinationImage), Responses: list(response)})
	}
	for _, mime := range []string{"image/png", "image/svg+xml", "application/octet-stream", "text/blah", "application/javascript"} {
		response := to(200, "Content-Type: "+mime)
		response.Body = &fetch.Received{Start: []byte("\x89PNG\r\n\x1a\n")}
		f.add(&Case{Name: mime + ", a PNG", Want: "ok", Request: element(remote, fetch.DestinationImage), Responses: list(response)})
	}
}

func eventSourceType(f *file) {
	f.path = "eventsource/format-mime-*.htm"
	for _, tt := range [][2]string{
		{"text/event-stream", "ok"},
		{"text/event-stream;", "ok"},
		{"text/event-stream;charset=utf-8", "ok"},
		{"TEXT/EVENT-STREAM", "ok"},
		{"text/x-bogus", "error"},
		{"text/event-stream-foobar", "error"},
		{"", "error"},
		{"text/plain", "error"},
	} {
		f.add(&Case{
			Name: fmt.Sprintf("%q", tt[0]), Want: tt[1], Request: fetch.Request{URL: "/", Options: fetch.Options{Destination: fetch.DestinationEventSource}},
			Responses: list(to(200, "Content-Type: "+tt[0])),
		})
	}
	for _, status := range []int{204, 205, 210, 299, 404, 410, 503} {
		f.add(&Case{
			Name: fmt.Sprint("status ", status), Want: "error", Request: fetch.Request{URL: "/", Options: fetch.Options{Destination: fetch.DestinationEventSource}},
			Responses: list(to(status, "Content-Type: text/event-stream")),
		})
	}
}
