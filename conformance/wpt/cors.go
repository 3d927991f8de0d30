package wpt

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

func corsBasic(f *file) {
	for _, at := range []string{ownPort, ownTLS, remote, twoPort, remoteTLS} {
		f.add(&Case{
			Name: at + ", no-cors", Request: noCORS(at + "/top.txt"), Responses: list(to(200, star)),
			Checks: expect("result", "opaque", "status", "0"),
		})
		f.add(&Case{Name: at + ", not allowed", Request: cors(at + "/top.txt"), Responses: list(to(200)), Checks: expect("result", "rejects")})
		f.add(&Case{
			Name: at + ", allowed", Request: cors(at + "/top.txt"), Responses: list(to(200, star)),
			Checks: expect("result", "cors", "status", "200"),
		})
	}
}

func corsExposeStar(f *file) {
	with := fetch.Options{Credentials: fetch.CredentialsInclude}
	for _, tt := range []struct {
		name    string
		options fetch.Options
		lines   []string
		checks  []Check
	}{
		{
			"* exposes all names",
			fetch.Options{},
			[]string{star, "Access-Control-Expose-Headers: *"},
			expect("status", "200", "result", "cors", "read test", "X", "read set-cookie", absent, "read *", "whoa"),
		},
		{
			"with credentials, * is a name", with,
			[]string{mine, credentials, "Access-Control-Expose-Headers: *"},
			expect("status", "200", "result", "cors", "read content-type", "text/plain", "read test", absent, "read set-cookie", absent, "read *", "whoa"),
		},
		{
			"* is one of several values",
			fetch.Options{},
			[]string{star, "Access-Control-Expose-Headers: set-cookie,*"},
			expect("status", "200", "result", "cors", "read test", "X", "read set-cookie", absent, "read *", "whoa"),
		},
	} {
		f.add(&Case{
			Name: tt.name, Request: fetch.Request{URL: ownPort + "/top.txt", Options: tt.options}, Checks: tt.checks,
			Responses: list(to(200, append(tt.lines, plainText, "Test: X", "Set-Cookie: X", "*: whoa")...)),
		})
	}
}

func corsFiltering(f *file) {
	for _, tt := range []struct {
		name, value string
		readable    bool
	}{
		{"Cache-Control", "no-cache", true},
		{"Content-Language", "fr", true},
		{"Content-Type", "text/html", true},
		{"Expires", "04 May 1988 22:22:22 GMT", true},
		{"Last-Modified", "04 May 1988 22:22:22 GMT", true},
		{"Pragma", "no-cache", true},
		{"Content-Length", "3", true},
		{"Age", "27", false},
		{"Server", "wptServe", false},
		{"Warning", "Mind the gap", false},
		{"Set-Cookie", "name=value; max-age=0", false},
		{"Set-Cookie2", "name=value; max-age=0", false},
	} {
		want := absent
		if tt.readable {
			want = tt.value
		}
		f.add(&Case{
			Name: tt.name, Request: cors(ownPort + "/top.txt"), Responses: list(to(200, star, tt.name+": "+tt.value)),
			Checks: expect("status", "200", "result", "cors", "read "+tt.name, want),
		})
	}
	for _, mode := range []fetch.Credentials{fetch.CredentialsOmit, fetch.CredentialsInclude} {
		for _, tt := range []struct{ name, value, want string }{
			{"Age", "27", "27"},
			{"Server", "wptServe", "wptServe"},
			{"Warning", "Mind the gap", "Mind the gap"},
			{"Set-Cookie", "name=value; max-age=0", absent},
			{"Set-Cookie2", "name=value; max-age=0", absent},
		} {
			if mode == fetch.CredentialsInclude && tt.want != absent {
				continue // the file has these without credentials only
			}
			f.add(&Case{
				Name: fmt.Sprintf("%s is exposed, %s", tt.name, mode), Checks: expect("status", "200", "result", "cors", "read "+tt.name, tt.want),
				Request:   fetch.Request{URL: ownPort + "/top.txt", Options: fetch.Options{Credentials: mode}},
				Responses: list(to(200, mine, credentials, "Access-Control-Expose-Headers: "+tt.name, tt.name+": "+tt.value)),
			})
		}
	}
}

func corsMultipleOrigins(f *file) {
	const elsewhere = "http://example.com"
	for _, origins := range [][]string{
		{`""`, elsewhere, own},
		{`""`, elsewhere, "*"},
		{`""`, own, own},
		{"*", elsewhere, "*"},
		{"*", elsewhere, own},
		{"", elsewhere, "https://example2.com"},
	} {
		var lines []string
		for _, o := range origins {
			lines = append(lines, "Access-Control-Allow-Origin: "+o)
		}
		f.add(&Case{
			Name: strings.Join(origins, ", "), Request: cors(ownPort + "/"), Responses: list(to(200, lines...)), Checks: expect("result", "rejects"),
		})
	}
}

func corsNoPreflight(f *file) {
	for _, tt := range []struct{ at, method, name, value string }{
		{remote, "GET", "", ""},
		{ownPort, "GET", "", ""},
		{twoPort, "GET", "", ""},
		{remoteTLS, "GET", "", ""},
		{ownTLS, "GET", "", ""},
		{remote, "POST", "", ""},
		{remote, "HEAD", "", ""},
		{remote, "GET", "Accept", "*/*"},
		{remote, "GET", "Accept-Language", "fr"},
		{remote, "GET", "Content-Language", "fr"},
		{remote, "GET", "Content-Type", "application/x-www-form-urlencoded"},
		{remote, "GET", "Content-Type", "multipart/form-data"},
		{remote, "GET", "Content-Type", "text/plain"},
		{remote, "GET", "Content-Type", "text/plain;charset=utf-8"},
		{remote, "GET", "Content-Type", "Text/Plain;charset=utf-8"},
	} {
		q := fetch.Request{URL: tt.at + "/", Method: tt.method}
		if tt.name != "" {
			q.Headers = header(tt.name, tt.value)
		}
		f.add(&Case{
			Name: strings.TrimSpace(fmt.Sprintf("%s to %s %s %s", tt.method, tt.at, tt.name, tt.value)), Request: q, Responses: list(to(200, star)),
			Checks: expect("status", "200", "methods", tt.method),
		})
	}
}

func corsOrigin(f *file) {
	add := func(at, method, allowed string, passes bool) {
		line := "Access-Control-Allow-Origin: " + allowed
		checks := expect("result", "rejects")
		if passes {
			checks = expect("status", "200")
		}
		f.add(&Case{
			Name: fmt.Sprintf("%s to %s, which allows %q", method, at, allowed), Request: fetch.Request{URL: at + "/", Method: method}, Checks: checks,
			Preflights: list(to(200, line, "Access-Control-Max-Age: 0", "Access-Control-Allow-Methods: "+method)), Responses: list(to(200, line)),
		})
	}
	for _, tt := range [][2]string{
		{remote, "GET"}, {ownPort, "GET"}, {twoPort, "GET"}, {remoteTLS, "GET"}, {ownTLS, "GET"}, {remote, "POST"}, {remote, "HEAD"}, {remote, "PUT"},
	} {
		add(tt[0], tt[1], own, true)
		add(tt[0], tt[1], tt[0], false)
	}
}
