package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

func modeNoCORS(f *file) {
	const filtered = "x-is-filtered"
	for _, tt := range []struct{ url, result, status, read string }{
		{"top.txt", "basic", "200", "value"},
		{own + "/top.txt", "basic", "200", "value"},
		{ownTLS + "/top.txt", "opaque", "0", absent},
		{ownPort + "/top.txt", "opaque", "0", absent},
	} {
		f.add(&Case{
			Name: tt.url, Request: noCORS(tt.url), Responses: list(to(200, filtered+": value")),
			Checks: expect("status", tt.status, "result", tt.result, "read "+filtered, tt.read),
		})
	}
}

func modeSameOrigin(f *file) {
	mode := fetch.Options{Mode: fetch.ModeSameOrigin}
	for _, tt := range []struct {
		url    string
		passes bool
	}{{"top.txt", true}, {own + "/top.txt", true}, {ownTLS + "/top.txt", false}, {remote + "/top.txt", false}} {
		checks := expect("result", "rejects")
		if tt.passes {
			checks = expect("status", "200", "result", "basic")
		}
		f.add(&Case{Name: tt.url, Request: fetch.Request{URL: tt.url, Options: mode}, Responses: list(to(200)), Checks: checks})
		f.add(&Case{
			Name: "a redirect to " + tt.url, Request: fetch.Request{URL: "redirect", Options: mode}, Checks: checks,
			Responses: list(redirectTo(302, tt.url), to(200)),
		})
	}
}

func forbiddenHeaders(f *file) {
	for _, h := range []fetch.Header{
		{Name: "Accept-Charset", Value: "utf-8"},
		{Name: "Accept-Encoding"},
		{Name: "Access-Control-Request-Headers"},
		{Name: "Access-Control-Request-Method"},
		{Name: "Connection", Value: "close"},
		{Name: "Content-Length", Value: "42"},
		{Name: "Cookie", Value: "cookie=none"},
		{Name: "Cookie2", Value: "cookie2=none"},
		{Name: "Date", Value: "Wed, 04 May 1988 22:22:22 GMT"},
		{Name: "DNT", Value: "4"},
		{Name: "Expect", Value: "100-continue"},
		{Name: "Host", Value: "http://wrong-host.com"},
		{Name: "Keep-Alive", Value: "timeout=15"},
		{Name: "Origin", Value: "http://wrong-origin.com"},
		{Name: "Referer", Value: "http://wrong-referer.com"},
		{Name: "TE", Value: "trailers"},
		{Name: "Trailer", Value: "Accept"},
		{Name: "Transfer-Encoding", Value: "chunked"},
		{Name: "Upgrade", Value: "HTTP/2.0"},
		{Name: "Via", Value: "1.1 nowhere.com"},
		{Name: "Proxy-", Value: "value"},
		{Name: "Proxy-Test", Value: "value"},
		{Name: "Sec-", Value: "value"},
		{Name: "Sec-Test", Value: "value"},
	} {
		sends(f, h, false)
	}
	for _, name := range []string{
		"x-http-method-override", "x-http-method", "x-method-override", "X-HTTP-METHOD-OVERRIDE", "X-HTTP-METHOD", "X-METHOD-OVERRIDE",
	} {
		for _, method := range []string{"TRACE", "TRACK", "CONNECT", "trace", "track", "connect", "trace,", "GET,track ", " connect"} {
			sends(f, fetch.Header{Name: name, Value: method}, false)
		}
		for _, method := range []string{"GETTRACE", "GET", `",TRACE",`} {
			sends(f, fetch.Header{Name: name, Value: method}, true)
		}
	}
}

// sends adds a test of whether a header of script's is sent.
func sends(f *file, h fetch.Header, sent bool) {
	f.add(&Case{
		Name: fmt.Sprintf("%s: %q", h.Name, h.Value), Request: fetch.Request{URL: "inspect", Headers: fetch.Headers{h}}, Responses: list(to(200)),
		Checks: append(expect("status", "200", "result", "basic"), Check{Look: "sent " + h.Name, Want: h.Value, Not: !sent}),
	})
}

func requestHeaders(f *file) {
	for _, tt := range []struct {
		method       string
		body         fetch.BodyKind
		origin, kind string
	}{
		{"GET", "", absent, absent},
		{"HEAD", "", absent, absent},
		{"POST", "", own, absent},
		{"PUT", fetch.BodyText, own, "text/plain;charset=UTF-8"},
		{"POST", fetch.BodyText, own, "text/plain;charset=UTF-8"},
		{"POST", fetch.BodyURLEncoded, own, "application/x-www-form-urlencoded;charset=UTF-8"},
		{"POST", fetch.BodyBlob, own, absent},
		{"POST", fetch.BodyBytes, own, absent},
		{"Chicken", "", own, absent},
		{"Chicken", fetch.BodyText, own, "text/plain;charset=UTF-8"},
	} {
		q := fetch.Request{URL: "inspect", Method: tt.method}
		if tt.body != "" {
			q.Body = &fetch.Body{Kind: tt.body}
		}
		f.add(&Case{
			Name: fmt.Sprintf("%s with body %q", tt.method, tt.body), Request: q, Responses: list(to(200)),
			Checks: expect("status", "200", "result", "basic", "sent Accept-Charset", absent, "sent Origin", tt.origin, "sent Content-Type", tt.kind),
		})
	}
	for _, tt := range []struct {
		method string
		mode   fetch.Mode
		origin string
	}{
		{"GET", fetch.ModeCORS, absent},
		{"POST", fetch.ModeSameOrigin, own},
		{"POST", fetch.ModeNoCORS, own},
		{"PUT", fetch.ModeSameOrigin, own},
		{"TacO", fetch.ModeSameOrigin, own},
		{"TacO", fetch.ModeCORS, own},
	} {
		f.add(&Case{
			Name: fmt.Sprint(tt.method, ", ", tt.mode), Responses: list(to(200)),
			Request: fetch.Request{URL: "inspect", Method: tt.method, Options: fetch.Options{Mode: tt.mode}},
			Checks:  expect("status", "200", "result", "basic", "sent Origin", tt.origin),
		})
	}
}
