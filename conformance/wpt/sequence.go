package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

// setting returns a request to a server that sets a cookie.
func setting(at, cookie string, mode fetch.Credentials) *Case {
	return &Case{
		Request:   fetch.Request{URL: at + "/top.txt", Options: fetch.Options{Credentials: mode}},
		Responses: list(to(200, mine, credentials, "Set-Cookie: "+cookie)), Checks: expect("status", "200"),
	}
}

func corsCookies(f *file) {
	for _, tt := range []struct {
		from, target string
		mode         fetch.Credentials
		cookie, want string
	}{
		{own, own, fetch.CredentialsOmit, "g=7", ""},
		{remote, remote, fetch.CredentialsInclude, "a=1", "a=1"},
		{own, remote, fetch.CredentialsInclude, "c=3", ""},
		{remote, own, fetch.CredentialsInclude, "d=4", ""},
		{remote, remote, fetch.CredentialsSameOrigin, "f=6", ""},
		{remote, "http://www.web-platform.test:8000", fetch.CredentialsInclude, "e=5", ""},
	} {
		f.add(&Case{
			Name: fmt.Sprint(tt.from, ", then ", tt.target, ", ", tt.mode), Before: []*Case{setting(tt.from, tt.cookie, tt.mode)},
			Request:   fetch.Request{URL: tt.target + "/inspect", Options: fetch.Options{Credentials: tt.mode}},
			Responses: list(echoed()), Checks: expect("status", "200", "read Cookie", absent, "cookies", tt.want),
		})
	}
}

func corsCookiesRedirect(f *file) {
	const allow = "Access-Control-Allow-Headers: a"
	for _, headers := range []fetch.Headers{nil, header("a", "b")} {
		f.add(&Case{
			Name: fmt.Sprintf("preflight: %t", headers != nil),
			Before: []*Case{
				setting(remote, "a=1", fetch.CredentialsInclude), setting(ownPort, "a=2", fetch.CredentialsInclude),
			},
			Request:    fetch.Request{URL: remote + "/redirect", Headers: headers, Options: fetch.Options{Credentials: fetch.CredentialsInclude}},
			Preflights: list(to(200, echo, credentials, allow)), Responses: list(redirectTo(301, ownPort+"/inspect"), echoed()),
			Checks: expect("result", "cors", "cookies", "a=2"),
		})
	}
}

func corsPreflightCache(f *file) {
	post := func(value, methods string) *Case {
		return &Case{
			Name: "twice", Request: fetch.Request{URL: remote + "/preflight", Method: "POST", Headers: header("x-test-header", value)},
			Preflights: list(to(200, star, "Access-Control-Max-Age: 12000", "Access-Control-Allow-Methods: POST", "Access-Control-Allow-Headers: x-test-header")),
			Responses:  list(to(200, star)), Checks: expect("status", "200", "methods", methods),
		}
	}
	second := post("test2", "POST")
	second.Before = []*Case{post("test1", "OPTIONS POST")}
	f.add(second)
}
