package wpt

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// xhr adds a test of XMLHttpRequest without credentials.
func xhr(f *file, name, url, method string, headers fetch.Headers, preflight, response *fetch.WireResponse, pairs ...string) {
	q := fetch.Request{URL: url, Method: method, Headers: headers, Options: fetch.Options{Destination: fetch.DestinationXHR}}
	c := &Case{Name: name, Request: q, Responses: list(response), Checks: expect(pairs...)}
	if preflight != nil {
		c.Preflights = list(preflight)
	}
	f.add(c)
}

func xhrCORS(f *file) {
	const url = remote + "/resource"
	put := to(200, plainText, credentials, "Access-Control-Allow-Methods: PUT", echo)
	unsupported := to(400)
	typed := func(mime string) fetch.Headers { return header("Content-Type", mime) }
	xhr(f, "allow-star", url, "GET", nil, nil, to(200, plainText, star), "result", "load")
	xhr(f, "allow", url, "GET", nil, nil, echoed(), "result", "load")
	xhr(f, "allow-non-cors-safelisted-method", url, "PUT", typed("text/plain; charset=UTF-8"), put, echoed(), "result", "load", "methods", "OPTIONS PUT")
	xhr(f, "denied, same origin", own+"/resource", "GET", nil, nil, to(200, plainText), "result", "load", "status", "200")
	xhr(f, "denied, another origin", url, "GET", nil, nil, to(200, plainText), "result", "error")
	xhr(f, "cors-safelisted-request-headers", url, "POST", fetch.Headers{
		{Name: "Accept", Value: "*"}, {Name: "Accept-Language", Value: "ru"}, {Name: "Content-Language", Value: "ru"}, {Name: "Content-Type", Value: "text/plain"},
	}, to(400), echoed(), "result", "load", "sent Accept", "*", "sent Accept-Language", "ru", "sent Content-Language", "ru", "sent Content-Type", "text/plain")
	xhr(f, "cors-safelisted-response-headers", url, "GET", nil, nil, to(200, plainText, "cache-control: no cache", "content-language: en",
		"expires: Fri, 30 Oct 1998 14:19:41 GMT", "last-modified: Tue, 15 Nov 1994 12:45:26 GMT", "pragma: no-cache", "x-test: foobar", star),
		"read cache-control", "no cache", "read content-language", "en", "read content-type", "text/plain",
		"read expires", "Fri, 30 Oct 1998 14:19:41 GMT", "read last-modified", "Tue, 15 Nov 1994 12:45:26 GMT", "read pragma", "no-cache", "read x-test", absent)
	xhr(f, "get-fail-non-simple", url, "GET", header("x-test", "foobar"), unsupported, echoed(), "result", "error")
	xhr(f, "non-cors-safelisted-content-type, a safe one", url, "PUT", typed("text/plain"), put, echoed(), "result", "load")
	xhr(f, "non-cors-safelisted-content-type, another", url, "PUT", typed("application/xml"), put, echoed(), "result", "error")
	xhr(f, "post-success-no-content-type", url, "POST", nil, unsupported, echoed(), "result", "load", "status", "200")
	f.cases[len(f.cases)-1].Request.Body = &fetch.Body{Kind: fetch.BodyText}
	xhr(f, "post-with-non-cors-safelisted-content-type, same origin", own+"/resource", "POST", typed("application/xml"), unsupported, echoed(),
		"result", "load", "status", "200")
	xhr(f, "post-with-non-cors-safelisted-content-type, another origin", url, "POST", typed("application/xml"), unsupported, echoed(), "result", "error")
	xhr(f, "preflight-denied", url, "FOO", nil, to(200), to(200), "result", "error")
}

func xhrDenied(f *file) {
	preflight, response := to(200, echo, "Access-Control-Max-Age: 1"), to(400, echo)
	xhr(f, "header", remote+"/resource", "GET", header("x-test", "foo"), preflight, response, "result", "error", "methods", "OPTIONS")
	xhr(f, "method", remote+"/resource", "DELETE", nil, preflight, response, "result", "error", "methods", "OPTIONS")
}

func xhrPreflight(f *file) {
	const url = remote + "/resource"
	xhr(f, "header-lowercase", url, "GET", header("X-Test", "foobar"), to(200, star, "Access-Control-Allow-Headers: X-Test"), to(200, star),
		"result", "load", "status", "200", "asked Access-Control-Request-Headers", "x-test")
	var custom fetch.Headers
	for _, name := range []string{"X-Custom-Test", "X-Custom-ua", "X-Custom-V", "X-Custom-s", "X-Custom-U"} {
		custom = append(custom, fetch.Header{Name: name, Value: "foobar"})
	}
	const sorted = "x-custom-s,x-custom-test,x-custom-u,x-custom-ua,x-custom-v"
	xhr(f, "header-sorted", url, "GET", custom, to(200, echo, "Access-Control-Allow-Headers: "+sorted), to(200, echo),
		"result", "load", "asked Access-Control-Request-Headers", sorted)
	for _, status := range []int{301, 400, 501} {
		xhr(f, fmt.Sprint("invalid-status-", status), url, "GET", header("x-pass", "pass"),
			to(status, "Access-Control-Allow-Headers: x-pass", echo), to(200, echo), "result", "error")
	}
}

func xhrExposed(f *file) {
	xhr(f, "exposed", remote+"/pass.txt", "GET", nil, nil,
		to(200, "Cache-Control: no-cache", star, "X-foo: BAR", "x-test: TEST", "Access-Control-Expose-Headers: x-Foo"),
		"status", "200", "read X-FOO", "BAR", "read x-foo", "BAR", "read x-test", absent)
}

func xhrComma(f *file) {
	xhr(f, "headers", remote+"/lists", "GET", fetch.Headers{{Name: "x-print", Value: "unicorn"}, {Name: "y-print", Value: "narwhal"}},
		to(200, mine, "Access-Control-Allow-Headers: ,y-lol,x-print, ,,,y-print"), to(200, mine),
		"result", "load", "sent x-print", "unicorn", "sent y-print", "narwhal")
	xhr(f, "methods", remote+"/lists", "PUT", nil, to(200, mine, "Access-Control-Allow-Methods: ,,PUT,GET"), to(200, mine), "result", "load")
}

func xhrNull(f *file) {
	f.add(&Case{
		Name: "null is allowed", Page: fetch.PageConfig{Origin: "null"}, Request: element(own+"/pass.txt", fetch.DestinationXHR),
		Responses: list(to(200, plainText, credentials, "Access-Control-Allow-Origin: null")), Checks: expect("result", "load"),
	})
}

func xhrRedirects(f *file) {
	const target = remote + "/allow-star"
	test := header("x-test", "test")
	allow := "Access-Control-Allow-Headers: x-test"
	redirect := func(location string, lines ...string) *fetch.WireResponse {
		return to(302, append(lines, "Cache-Control: no-store", "Location: "+location)...)
	}
	for _, tt := range []struct {
		name, at  string
		headers   fetch.Headers
		preflight *fetch.WireResponse
		redirect  *fetch.WireResponse
		want      string
	}{
		{"a redirect without CORS", remote, nil, nil, redirect(target), "error"},
		{"a redirect with CORS", remote, nil, nil, redirect(target, echo), "load"},
		{"to user information", remote, nil, nil, redirect("http://username:password@www1.web-platform.test:8000/allow-star", echo), "error"},
		{"to an unknown scheme", remote, nil, nil, redirect("foo://bar.cgi", echo), "error"},
		{"the preflight is redirected", remote, test, redirect(target, echo), redirect(target, echo), "error"},
		{"the preflight is redirected, and allows the header", remote, test, redirect(target, echo, allow), redirect(target, echo), "error"},
		{"within the origin", own, test, nil, redirect(own + "/pass.txt"), "load"},
	} {
		xhr(f, tt.name, tt.at+"/redirect", "GET", tt.headers, tt.preflight, tt.redirect, "result", tt.want)
		last := f.cases[len(f.cases)-1]
		last.Responses = append(last.Responses, to(200, plainText, star))
	}
}

// throwing adds tests of methods with which open() throws, and becoming of what
// others become.
func throwing(f *file, methods ...string) {
	for _, method := range methods {
		xhr(f, fmt.Sprintf("%q", method), "resource", method, nil, nil, to(200), "result", "throws")
	}
}

func becoming(f *file, as func(string) string, methods ...string) {
	for _, method := range methods {
		xhr(f, method, "resource", method, nil, nil, to(200), "methods", as(method))
	}
}

func xhrBogus(f *file) { throwing(f, fetch.EmptyMethod, ">", " GET", "G T") }
func xhrInsecure(f *file) {
	throwing(f, "track", "TRACK", "trAck", "TRACE", "trace", "traCE", "connect", "CONNECT", "connECT")
}

func xhrInsensitive(f *file) {
	becoming(f, strings.ToUpper, "deLETE", "get", "heAd", "OpTIOns", "post", "Put")
}

func xhrSensitive(f *file) {
	becoming(f, func(m string) string { return m }, "XUNICORN", "xUNIcorn", "chiCKEN", "PATCH", "patCH", "copy", "COpy", "inDEX", "movE")
}
