package wpt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// preflight adds a test of a request that needs a preflight: headers must be
// allowed, and the names of the others are not asked for.
func preflight(f *file, name, method string, allowed bool, headers, safe fetch.Headers) {
	c := &Case{
		Name: name, Request: fetch.Request{URL: remote + "/", Method: method, Headers: append(slices.Clone(headers), safe...)},
		Responses: list(to(200, star)),
	}
	if !allowed {
		c.Preflights = list(allowing("", ""))
		c.Checks = expect("result", "rejects")
		f.add(c)
		return
	}
	var names []string
	for _, h := range headers {
		names = append(names, strings.ToLower(h.Name))
	}
	c.Preflights = list(allowing(method, strings.Join(names, " ,")))
	asked := absent
	if len(names) > 0 {
		slices.Sort(names)
		asked = strings.Join(names, ",")
	}
	c.Checks = expect("status", "200", "methods", "OPTIONS "+method, "asked Access-Control-Request-Headers", asked)
	f.add(c)
}

func corsPreflight(f *file) {
	for _, method := range []string{"DELETE", "PUT", "PATCH", "patcH", "NEW", "chicken"} {
		preflight(f, method+", allowed", method, true, nil, nil)
		preflight(f, method+", refused", method, false, nil, nil)
	}
	preflight(f, "GET with a header, allowed", "GET", true, header("x-test-header1", "allowed"), nil)
	preflight(f, "GET with a header, refused", "GET", false, header("x-test-header1", "refused"), nil)
	var several fetch.Headers
	for _, name := range []string{
		"x-test-header1", "x-test-header2", "X-test-header3", "x-test-header-b", "x-test-header-D", "x-test-header-C", "x-test-header-a", "Content-Type",
	} {
		several = append(several, fetch.Header{Name: name, Value: "allowedOrRefused"})
	}
	safe := fetch.Headers{{Name: "Accept", Value: "*"}, {Name: "Accept-Language", Value: "bzh"}, {Name: "Content-Language", Value: "eu"}}
	for _, method := range []string{"GET", "PUT"} {
		preflight(f, method+" with several headers, allowed", method, true, several, safe)
		preflight(f, method+" with several headers, refused", method, false, several, safe)
	}
	preflight(f, "PUT with safe headers", "PUT", true, nil, safe)
	for _, tt := range [][2]string{{"*", "rejects"}, {"authorization", "cors"}} {
		f.add(&Case{
			Name: "Authorization, allowed: " + tt[0], Request: fetch.Request{URL: remote + "/", Headers: header("authorization", "foobar")},
			Preflights: list(allowing("", tt[0])), Responses: list(to(200, star)), Checks: expect("result", tt[1]),
		})
	}
}

func corsNotSafelisted(f *file) {
	digits := strings.Repeat("0123456789", 13)
	for _, h := range []fetch.Header{
		{Name: "accept", Value: `"`},
		{Name: "accept", Value: digits[:129]},
		{Name: "accept-language", Value: "\x01"},
		{Name: "accept-language", Value: "@"},
		{Name: "authorization", Value: "basics"},
		{Name: "content-language", Value: "\x01"},
		{Name: "content-language", Value: "@"},
		{Name: "content-type", Value: "text/html"},
		{Name: "content-type", Value: "text/plain; long=" + digits[:112]},
		{Name: "range", Value: "bytes 0-"},
		{Name: "test", Value: "hi"},
	} {
		preflight(f, fmt.Sprintf("%s: %.20q", h.Name, h.Value), "GET", true, fetch.Headers{h}, nil)
	}
}

// forced returns a request with a header that needs a preflight.
func forced(url string) fetch.Request {
	return fetch.Request{URL: url, Headers: header("x-force-preflight", "")}
}

func corsPreflightRedirect(f *file) {
	const location = "Location: " + remote + "/preflight"
	const allow = "Access-Control-Allow-Headers: x-force-preflight"
	for _, status := range redirects {
		f.add(&Case{
			Name: fmt.Sprint(status, ", the preflight is redirected"), Request: forced(remote + "/redirect"), Checks: expect("result", "rejects"),
			Preflights: list(to(status, echo, credentials, allow, location)), Responses: list(to(200, star)),
		})
		f.add(&Case{
			Name: fmt.Sprint(status, ", a redirect after the preflight"), Request: forced(remote + "/redirect"), Checks: expect("result", "rejects"),
			Preflights: list(to(200, echo, credentials, allow), allowing("", "x-force-preflight")),
			Responses:  list(to(status, echo, credentials, location), to(200, star)),
		})
	}
}

func corsPreflightReferrer(f *file) {
	for _, tt := range [][2]string{
		{"no-referrer", absent},
		{"", own + "/"},
		{"no-referrer-when-downgrade", address},
		{"origin", own + "/"},
		{"origin-when-cross-origin", own + "/"},
		{"unsafe-url", address},
	} {
		q := forced(remote + "/")
		q.ReferrerPolicy = tt[0]
		f.add(&Case{
			Name: fmt.Sprintf("policy %q", tt[0]), Request: q, Preflights: list(allowing("", "x-force-preflight")), Responses: list(to(200, star)),
			Checks: expect("status", "200", "methods", "OPTIONS GET", "asked Referer", tt[1], "sent Referer", tt[1]),
		})
	}
}

func corsPreflightValidation(f *file) {
	for _, tt := range [][3]string{{"a bad Access-Control-Allow-Headers", "", ",Bad value"}, {"a bad Access-Control-Allow-Methods", "Bad value", ""}} {
		f.add(&Case{
			Name: tt[0], Request: forced(remote + "/"), Preflights: list(allowing(tt[1], "x-force-preflight"+tt[2])), Responses: list(to(200, star)),
			Checks: expect("result", "rejects", "methods", "OPTIONS"),
		})
	}
}

func corsPreflightStar(f *file) {
	add := func(passes, with bool, methods, headers, method string, sent fetch.Headers) {
		q := fetch.Request{URL: remote + "/", Method: method, Headers: sent}
		lines := []string{star}
		if with {
			q.Credentials = fetch.CredentialsInclude
			lines = []string{mine, credentials}
		}
		checks := expect("result", "rejects")
		if passes {
			checks = expect("result", "cors", "sent Origin", own)
		}
		f.add(&Case{
			Name:    fmt.Sprintf("%s %v, allowed %q and %q, credentials: %t", method, sent, methods, headers, with),
			Request: q, Checks: checks, Responses: list(to(200, lines...)),
			Preflights: list(to(200, append(lines[:len(lines):len(lines)], "Access-Control-Allow-Headers: "+headers, "Access-Control-Allow-Methods: "+methods)...)),
		})
	}
	test := header("X-Test", "1")
	add(true, false, "get", "x-test", "GET", test)
	add(true, false, "*", "x-test", "SUPER", test)
	add(true, false, "*", "*", "OK", test)
	add(false, true, "*", "*", "OK", test)
	add(false, true, "*", "", "PUT", nil)
	add(false, true, "get", "*", "GET", test)
	add(false, true, "*", "*", "GET", test)
	add(true, true, "*", "*", "*", header("*", "1"))
	for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "PUT"} {
		safelisted := method == "GET" || method == "HEAD" || method == "POST"
		for _, allowed := range []string{method, strings.ToLower(method)} {
			for _, used := range []string{method, strings.ToLower(method)} {
				add(safelisted || allowed == method, true, allowed, "*", used, nil)
			}
		}
	}
	for _, allowed := range []string{"PATCH", "patch"} {
		for _, used := range []string{"PATCH", "patch"} {
			add(allowed == used, true, allowed, "*", used, nil)
		}
	}
	add(false, false, "*", "*", "POST", header("Authorization", "123"))
	add(true, false, "*", "*, Authorization", "POST", header("Authorization", "123"))
}

func corsPreflightStatus(f *file) {
	for _, status := range []int{
		200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 402, 403, 404, 405, 501, 502, 503, 504, 505,
	} {
		checks := expect("result", "rejects")
		if status < 300 {
			checks = expect("status", "200", "methods", "OPTIONS GET")
		}
		f.add(&Case{
			Name: fmt.Sprint(status), Request: forced(remote + "/"), Checks: checks, Responses: list(to(200, star)),
			Preflights: list(to(status, star, "Access-Control-Allow-Headers: x-force-preflight")),
		})
	}
}
