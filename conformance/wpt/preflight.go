package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

func corsPreflightRedirect(f *file) {
	f.path = "fetch/api/cors/cors-preflight-redirect.any.js"
	for _, status := range redirects {
		for _, at := range []string{www, remote} {
			f.add(&Case{
				Name: fmt.Sprintf("a preflight is redirected with %d to %s", status, at), Look: "methods", Want: "OPTIONS",
				Request:    fetch.Request{URL: remote + "/", Headers: header("x-test", "1")},
				Preflights: list(to(status, "Location: "+at+"/", star, "Access-Control-Allow-Headers: x-test")),
			})
		}
	}
}

func corsPreflightReferrer(f *file) {
	f.path = "fetch/api/cors/cors-preflight-referrer.any.js"
	for _, tt := range [][2]string{
		{"", own + "/"},
		{"no-referrer", ""},
		{"no-referrer-when-downgrade", own + "/page"},
		{"origin", own + "/"},
		{"origin-when-cross-origin", own + "/"},
		{"same-origin", ""},
		{"strict-origin", own + "/"},
		{"strict-origin-when-cross-origin", own + "/"},
		{"unsafe-url", own + "/page"},
	} {
		for _, look := range []string{"asked Referer", "sent Referer"} {
			f.add(&Case{
				Name: fmt.Sprintf("policy %q, %s", tt[0], look), Look: look, Want: tt[1],
				Page:       fetch.PageConfig{Origin: own, URL: own + "/page"},
				Request:    fetch.Request{URL: remote + "/", Headers: header("x-test", "1"), Options: fetch.Options{ReferrerPolicy: tt[0]}},
				Preflights: list(to(200, star, "Access-Control-Allow-Headers: x-test")),
			})
		}
	}
}

func corsPreflightValidation(f *file) {
	f.path = "fetch/api/cors/cors-preflight-response-validation.any.js"
	for _, line := range []string{
		"Access-Control-Allow-Headers: x test", "Access-Control-Allow-Headers: \"x-test\"", "Access-Control-Allow-Methods: BAD METHOD",
		"Access-Control-Allow-Methods: GET,(", "Access-Control-Allow-Headers: x-test,@",
	} {
		f.add(&Case{
			Name: line, Want: "error", Request: fetch.Request{URL: remote + "/", Headers: header("x-test", "1")},
			Preflights: list(to(200, star, line)),
		})
	}
}

func corsPreflightStar(f *file) {
	f.path = "fetch/api/cors/cors-preflight-star.any.js"
	with := fetch.Options{Credentials: fetch.CredentialsInclude}
	for _, tt := range []struct {
		name, method     string
		headers          fetch.Headers
		options          fetch.Options
		origin           string
		methods, allowed string
		want             string
	}{
		{"no credentials", "GET", nil, fetch.Options{}, "*", "*", "*", "cors"},
		{"SUPER", "SUPER", header("X-Test", "1"), fetch.Options{}, "*", "*", "*", "cors"},
		{"OK, capital name", "OK", header("X-Test", "1"), fetch.Options{}, "*", "*", "*", "cors"},
		{"OK, credentials", "OK", header("X-Test", "1"), with, own, "*", "*", "error"},
		{"credentials, name listed", "OK", header("X-Test", "1"), with, own, "*", "x-test", "error"},
		{"credentials, method listed", "OK", header("X-Test", "1"), with, own, "OK", "*", "error"},
		{"credentials, both listed", "OK", header("X-Test", "1"), with, own, "OK", "x-test", "cors"},
		{"credentials and a method called *", "*", nil, with, own, "*", "*", "cors"},
		{"credentials and a header called *", "OK", header("*", "1"), with, own, "OK", "*", "cors"},
		{"safelisted method, credentials", "PUT", nil, with, own, "PUT", "*", "cors"},
		{"Authorization is listed", "OK", header("Authorization", "1"), fetch.Options{}, "*", "*", "authorization", "cors"},
		{"Authorization is listed after *", "OK", header("Authorization", "1"), fetch.Options{}, "*", "*", "*, AuThOrIzAtIoN", "cors"},
		{"Authorization is not listed", "OK", header("Authorization", "1"), fetch.Options{}, "*", "*", "*", "error"},
	} {
		f.add(&Case{
			Name: tt.name, Want: tt.want, Request: fetch.Request{URL: remote + "/", Method: tt.method, Headers: tt.headers, Options: tt.options},
			Preflights: list(to(200, "Access-Control-Allow-Origin: "+tt.origin, credentials,
				"Access-Control-Allow-Methods: "+tt.methods, "Access-Control-Allow-Headers: "+tt.allowed)),
			Responses: list(to(200, "Access-Control-Allow-Origin: "+tt.origin, credentials)),
		})
	}
}

func corsPreflightStatus(f *file) {
	f.path = "fetch/api/cors/cors-preflight-status.any.js"
	for _, status := range []int{
		200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
		410, 411, 412, 413, 414, 415, 416, 417, 501, 502, 503, 504, 505,
	} {
		want := "error"
		if status < 300 {
			want = "cors"
		}
		f.add(&Case{
			Name: fmt.Sprint(status), Want: want, Request: fetch.Request{URL: remote + "/", Headers: header("x-test", "1")},
			Preflights: list(to(status, star, "Access-Control-Allow-Headers: x-test")),
		})
	}
}

func corsRedirectPreflight(f *file) {
	f.path = "fetch/api/cors/cors-redirect-preflight.any.js"
	ok := to(200, star, "Access-Control-Allow-Headers: x-test")
	for _, status := range redirects {
		for _, tt := range []struct{ from, target, want string }{
			{own, remote, "GET OPTIONS GET"},
			{remote, www, "OPTIONS GET OPTIONS GET"},
			{remote, remote, "OPTIONS GET OPTIONS GET"},
		} {
			f.add(&Case{
				Name: fmt.Sprintf("%d from %s to %s", status, tt.from, tt.target), Look: "methods", Want: tt.want,
				Request:    fetch.Request{URL: tt.from + "/", Headers: header("x-test", "1")},
				Preflights: list(ok), Responses: list(to(status, star, "Location: "+tt.target+"/b"), to(200, star)),
			})
		}
	}
}
