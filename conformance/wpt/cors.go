package wpt

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

func corsBasic(f *file) {
	f.path = "fetch/api/cors/cors-basic.any.js"
	for _, at := range []string{own, port, www, remote, remote + ":8443"} {
		cross := at != own
		for _, mode := range []fetch.Mode{fetch.ModeNoCORS, fetch.ModeCORS} {
			for _, allows := range []bool{false, true} {
				want := "basic"
				switch {
				case cross && mode == fetch.ModeNoCORS:
					want = "opaque"
				case cross && allows:
					want = "cors"
				case cross:
					want = "error"
				}
				lines := []string{"Content-Type: text/plain"}
				if allows {
					lines = append(lines, star)
				}
				f.add(&Case{
					Name:      fmt.Sprintf("%s, %s, allowed: %t", at, mode, allows),
					Request:   fetch.Request{URL: at + "/top.txt", Options: fetch.Options{Mode: mode}},
					Responses: list(to(200, lines...)), Want: want,
				})
			}
		}
	}
}

func corsCookies(f *file) {
	f.path = "fetch/api/cors/cors-cookies.any.js"
	for _, mode := range []fetch.Credentials{fetch.CredentialsInclude, fetch.CredentialsOmit, fetch.CredentialsSameOrigin} {
		f.add(&Case{
			Name: "a server that allows credentials, " + string(mode), Want: "cors", Responses: list(to(200, mine, credentials)),
			Request: fetch.Request{URL: remote + "/", Options: fetch.Options{Credentials: mode}},
		})
	}
	f.add(&Case{
		Name: "a server that allows any origin, include", Want: "error", Responses: list(to(200, star, credentials)),
		Request: fetch.Request{URL: remote + "/", Options: fetch.Options{Credentials: fetch.CredentialsInclude}},
	})
	f.add(&Case{
		Name: "a server that does not allow credentials, include", Want: "error", Responses: list(to(200, mine)),
		Request: fetch.Request{URL: remote + "/", Options: fetch.Options{Credentials: fetch.CredentialsInclude}},
	})
}

func corsExposeStar(f *file) {
	f.path = "fetch/api/cors/cors-expose-star.sub.any.js"
	with := fetch.Options{Credentials: fetch.CredentialsInclude}
	for _, tt := range []struct {
		name, look, want string
		options          fetch.Options
		lines            []string
	}{
		{"* without credentials exposes a name", "read test", "X", fetch.Options{}, []string{star, "Access-Control-Expose-Headers: *"}},
		{"* without credentials exposes no Set-Cookie", "read set-cookie", "", fetch.Options{}, []string{star, "Access-Control-Expose-Headers: *"}},
		{"* with credentials exposes nothing", "read test", "", with, []string{mine, credentials, "Access-Control-Expose-Headers: *"}},
		{"* with credentials exposes the header *", "read *", "whoa", with, []string{mine, credentials, "Access-Control-Expose-Headers: *"}},
		{"* in a list without credentials", "read test", "X", fetch.Options{}, []string{star, "Access-Control-Expose-Headers: set-cookie, *"}},
		{"* on a second line without credentials", "read test", "X", fetch.Options{}, []string{star, "Access-Control-Expose-Headers: set-cookie", "Access-Control-Expose-Headers: *"}},
	} {
		f.add(&Case{
			Name: tt.name, Look: tt.look, Want: tt.want, Request: fetch.Request{URL: remote + "/", Options: tt.options},
			Responses: list(to(200, append(tt.lines, "Test: X", "Set-Cookie: a=b", "*: whoa")...)),
		})
	}
}

func corsFiltering(f *file) {
	f.path = "fetch/api/cors/cors-filtering.sub.any.js"
	for _, name := range []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"} {
		f.add(&Case{
			Name: name + " can be read", Look: "read " + name, Want: "7", Request: fetch.Request{URL: remote + "/"},
			Responses: list(to(200, star, name+": 7")),
		})
	}
	for _, name := range []string{"Age", "Server", "Warning", "X-Custom", "Set-Cookie", "Set-Cookie2"} {
		f.add(&Case{
			Name: name + " cannot be read", Look: "read " + name, Request: fetch.Request{URL: remote + "/"},
			Responses: list(to(200, star, name+": 7")),
		})
		want := "7"
		if strings.HasPrefix(name, "Set-Cookie") {
			want = ""
		}
		f.add(&Case{
			Name: name + " is exposed", Look: "read " + name, Want: want, Request: fetch.Request{URL: remote + "/"},
			Responses: list(to(200, star, "Access-Control-Expose-Headers: "+strings.ToLower(name), name+": 7")),
		})
	}
}

func corsMultipleOrigins(f *file) {
	f.path = "fetch/api/cors/cors-multiple-origins.sub.any.js"
	for _, lines := range [][]string{
		{mine + ", " + remote},
		{mine + ", *"},
		{star + ", *"},
		{star + ", " + own},
		{mine + " " + own},
		{mine, mine},
		{star, star},
		{mine, star},
		{"Access-Control-Allow-Origin: ", mine},
	} {
		f.add(&Case{
			Name: strings.Join(lines, " | "), Want: "error", Request: fetch.Request{URL: remote + "/"}, Responses: list(to(200, lines...)),
		})
	}
}

func corsNoPreflight(f *file) {
	f.path = "fetch/api/cors/cors-no-preflight.any.js"
	for _, at := range []string{port, remote} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			f.add(&Case{Name: method + " to " + at, Look: "methods", Want: method, Request: fetch.Request{URL: at + "/", Method: method}})
		}
	}
	for _, h := range []fetch.Header{
		{Name: "Accept", Value: "*"},
		{Name: "Accept-Language", Value: "fr"},
		{Name: "Content-Language", Value: "fr"},
		{Name: "Content-Type", Value: "application/x-www-form-urlencoded"},
		{Name: "Content-Type", Value: "multipart/form-data"},
		{Name: "Content-Type", Value: "text/plain"},
		{Name: "Content-Type", Value: "text/plain;charset=utf-8"},
	} {
		f.add(&Case{
			Name: "GET with " + h.Name + ": " + h.Value, Look: "methods", Want: "GET",
			Request: fetch.Request{URL: remote + "/", Headers: header(h.Name, h.Value)},
		})
	}
}

func corsOrigin(f *file) {
	f.path = "fetch/api/cors/cors-origin.any.js"
	for _, method := range []string{"GET", "POST", "HEAD", "PUT"} {
		for _, at := range []string{www, port, remote} {
			for _, allowed := range []string{own, at, "null", strings.ToUpper(own), own + "/"} {
				want := "error"
				if allowed == own {
					want = "cors"
				}
				line := "Access-Control-Allow-Origin: " + allowed
				f.add(&Case{
					Name: fmt.Sprintf("%s to %s, which allows %s", method, at, allowed), Want: want,
					Request:    fetch.Request{URL: at + "/", Method: method},
					Preflights: list(to(200, line, "Access-Control-Allow-Methods: PUT")), Responses: list(to(200, line)),
				})
			}
		}
	}
	f.add(&Case{
		Name: "a page with an opaque origin, which is allowed as null", Want: "cors", Page: fetch.PageConfig{Origin: "null"},
		Request: fetch.Request{URL: remote + "/"}, Responses: list(to(200, "Access-Control-Allow-Origin: null")),
	})
}

func corsPreflight(f *file) {
	f.path = "fetch/api/cors/cors-preflight.any.js"
	for _, method := range []string{"DELETE", "PUT", "PATCH", "patcH", "NEW"} {
		for _, allows := range []bool{true, false} {
			lines, want := []string{star}, "OPTIONS"
			if allows {
				lines, want = append(lines, "Access-Control-Allow-Methods: "+method), "OPTIONS "+method
			}
			f.add(&Case{
				Name: fmt.Sprintf("%s, allowed: %t", method, allows), Look: "methods", Want: want,
				Request: fetch.Request{URL: remote + "/", Method: method}, Preflights: list(to(200, lines...)),
			})
		}
	}
	two := fetch.Headers{{Name: "x-test2", Value: "1"}, {Name: "x-Test1", Value: "2"}}
	for _, tt := range []struct{ name, allowed, look, want string }{
		{"two names, both allowed", "x-test1, X-TEST2", "methods", "OPTIONS GET"},
		{"two names, one allowed", "x-test1", "methods", "OPTIONS"},
		{"two names, none allowed", "x-other", "methods", "OPTIONS"},
		{"names are asked for in order", "x-test1, x-test2", "asked Access-Control-Request-Headers", "x-test1,x-test2"},
		{"the method is asked for", "x-test1, x-test2", "asked Access-Control-Request-Method", "GET"},
		{"a preflight accepts anything", "x-test1, x-test2", "asked Accept", "*/*"},
		{"a preflight has the origin", "x-test1, x-test2", "asked Origin", own},
		{"the headers are not in the preflight", "x-test1, x-test2", "asked x-test1", ""},
		{"they are in the request", "x-test1, x-test2", "sent x-test1", "2"},
	} {
		f.add(&Case{
			Name: tt.name, Look: tt.look, Want: tt.want, Request: fetch.Request{URL: remote + "/", Headers: two},
			Preflights: list(to(200, star, "Access-Control-Allow-Headers: "+tt.allowed)),
		})
	}
	safe := fetch.Headers{{Name: "Accept", Value: "a/b"}, {Name: "Content-Language", Value: "de"}, {Name: "Content-Type", Value: "text/plain"}}
	f.add(&Case{
		Name: "safelisted headers are not asked for", Look: "asked Access-Control-Request-Headers",
		Request:    fetch.Request{URL: remote + "/", Method: "PUT", Headers: safe},
		Preflights: list(to(200, star, "Access-Control-Allow-Methods: PUT")),
	})
}

func corsNotSafelisted(f *file) {
	f.path = "fetch/api/cors/cors-preflight-not-cors-safelisted.any.js"
	long := strings.Repeat("a", 129)
	for _, h := range []fetch.Header{
		{Name: "accept", Value: "\""},
		{Name: "accept", Value: long},
		{Name: "accept", Value: "a:b"},
		{Name: "accept", Value: "a<b"},
		{Name: "accept", Value: "a>b"},
		{Name: "accept", Value: "a?b"},
		{Name: "accept", Value: "a@b"},
		{Name: "accept", Value: "a[b"},
		{Name: "accept", Value: "a\\b"},
		{Name: "accept", Value: "a]b"},
		{Name: "accept", Value: "a{b"},
		{Name: "accept", Value: "a}b"},
		{Name: "accept", Value: "a\x7fb"},
		{Name: "accept-language", Value: "\x01"},
		{Name: "accept-language", Value: "@"},
		{Name: "accept-language", Value: long},
		{Name: "content-language", Value: "\x01"},
		{Name: "content-language", Value: "@"},
		{Name: "content-type", Value: "text/html"},
		{Name: "content-type", Value: "application/json"},
		{Name: "content-type", Value: "text/plain; long=" + long},
		{Name: "content-type", Value: "text"},
		{Name: "range", Value: "bytes 0-"},
		{Name: "range", Value: "bytes=-100"},
		{Name: "range", Value: "bytes=200-100"},
		{Name: "range", Value: "bytes=0-1,2-3"},
		{Name: "range", Value: "pizza=0-"},
		{Name: "test", Value: "hi"},
	} {
		f.add(&Case{
			Name: fmt.Sprintf("%s: %.20q", h.Name, h.Value), Look: "asked Access-Control-Request-Headers", Want: h.Name,
			Request: fetch.Request{URL: remote + "/", Headers: header(h.Name, h.Value)},
		})
	}
}
