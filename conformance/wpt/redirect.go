package wpt

import (
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

var redirects = []int{301, 302, 303, 307, 308}

func corsRedirect(f *file) {
	f.path = "fetch/api/cors/cors-redirect.any.js"
	for _, status := range redirects {
		for _, tt := range []struct{ name, from, target, origin, want string }{
			{"to another origin", own, remote, own, "cors"},
			{"to the page's origin", remote, own, "null", "cors"},
			{"to the page's origin, which is not allowed as null", remote, own, own, "error"},
			{"to the same origin", remote, remote, own, "cors"},
			{"to a third origin", www, remote, "null", "cors"},
			{"to a third origin, which does not allow null", www, remote, own, "error"},
		} {
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s", status, tt.name), Want: tt.want, Request: fetch.Request{URL: tt.from + "/"},
				Responses: list(to(status, mine, "Location: "+tt.target+"/b"), to(200, "Access-Control-Allow-Origin: "+tt.origin)),
			})
		}
	}
}

func corsRedirectCredentials(f *file) {
	f.path = "fetch/api/cors/cors-redirect-credentials.any.js"
	for _, status := range redirects {
		for _, tt := range []struct{ name, from, target, want string }{
			{"own to own", own, "https://user:password@web-platform.test/b", "basic"},
			{"own to remote, user only", own, "https://user@not-web-platform.test/b", "error"},
			{"own to remote", own, "https://user:password@not-web-platform.test/b", "error"},
			{"remote to own", remote, "https://user:password@web-platform.test/b", "error"},
			{"remote to remote", remote, "https://user:password@not-web-platform.test/b", "error"},
			{"remote to a third origin, password only", remote, "https://:password@www.web-platform.test/b", "error"},
		} {
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s", status, tt.name), Want: tt.want, Request: fetch.Request{URL: tt.from + "/"},
				Responses: list(to(status, star, "Location: "+tt.target), to(200, star)),
			})
		}
	}
}

func redirectMethod(f *file) {
	f.path = "fetch/api/redirect/redirect-method.any.js"
	for _, status := range redirects {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "TESTING"} {
			var body *fetch.Body
			if method != "GET" && method != "HEAD" {
				body = &fetch.Body{Kind: fetch.BodyText}
			}
			becomes, kind := method, "text/plain;charset=UTF-8"
			switch {
			case status < 303 && method == "POST", status == 303 && method != "HEAD":
				becomes, kind = "GET", ""
			case body == nil:
				kind = ""
			}
			q := fetch.Request{URL: "/", Method: method, Body: body}
			answers := list(to(status, "Location: /b"), to(200))
			f.add(&Case{Name: fmt.Sprintf("%s, %d: method", method, status), Look: "methods", Want: method + " " + becomes, Request: q, Responses: answers})
			f.add(&Case{Name: fmt.Sprintf("%s, %d: type", method, status), Look: "sent Content-Type", Want: kind, Request: q, Responses: answers})
		}
	}
}

func redirectMode(f *file) {
	f.path = "fetch/api/redirect/redirect-mode.any.js"
	for _, status := range append(slices.Clone(redirects), 200) {
		for _, at := range []string{own, remote} {
			for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
				for _, redirect := range []string{"follow", "manual", "error"} {
					want := "basic"
					switch {
					case mode == fetch.ModeNoCORS && at == remote && redirect != "follow":
						want = "error"
					case status != 200 && redirect == "error":
						want = "error"
					case status != 200 && redirect == "manual":
						want = "opaqueredirect"
					case at == remote && mode == fetch.ModeNoCORS:
						want = "opaque"
					case at == remote:
						want = "cors"
					}
					f.add(&Case{
						Name: fmt.Sprintf("%d from %s, %s, %s", status, at, mode, redirect), Want: want,
						Request:   fetch.Request{URL: at + "/", Options: fetch.Options{Mode: mode, Redirect: redirect}},
						Responses: list(to(status, star, "Location: "+at+"/b"), to(200, star)),
					})
				}
			}
		}
	}
}

func redirectLocation(f *file) {
	f.path = "fetch/api/redirect/redirect-location.any.js"
	for _, status := range redirects {
		for _, tt := range []struct{ redirect, location, want string }{
			{"follow", "", "basic"},
			{"manual", "", "opaqueredirect"},
			{"error", "", "error"},
			{"follow", "invalidurl:", "error"},
			{"manual", "invalidurl:", "opaqueredirect"},
			{"error", "invalidurl:", "error"},
			{"follow", "data:,x", "error"},
			{"manual", "data:,x", "opaqueredirect"},
			{"follow", "https://web-platform.test:65536/", "error"},
		} {
			lines := []string{}
			if tt.location != "" {
				lines = append(lines, "Location: "+tt.location)
			}
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s, to %q", status, tt.redirect, tt.location), Want: tt.want,
				Request: fetch.Request{URL: "/", Options: fetch.Options{Redirect: tt.redirect}}, Responses: list(to(status, lines...)),
			})
		}
	}
}

func redirectCount(f *file) {
	f.path = "fetch/api/redirect/redirect-count.any.js"
	for _, status := range redirects {
		for _, n := range []int{20, 21} {
			hops := slices.Repeat(list(to(status, "Location: /b")), n)
			want := "basic"
			if n > 20 {
				want = "error"
			}
			f.add(&Case{Name: fmt.Sprintf("%d redirects with %d", n, status), Want: want, Request: fetch.Request{URL: "/"}, Responses: append(hops, to(200))})
		}
	}
}

func redirectOrigin(f *file) {
	f.path = "fetch/api/redirect/redirect-origin.any.js"
	for _, status := range redirects {
		for _, method := range []string{"GET", "POST"} {
			becomes := method
			if status <= 303 {
				becomes = "GET"
			}
			for _, tt := range []struct{ from, target, want string }{
				{own, own, own}, {own, remote, own}, {remote, own, "null"}, {remote, remote, own}, {www, remote, "null"},
			} {
				want := tt.want
				if tt.from == own && tt.target == own && becomes == "GET" {
					want = "" // GET to the page's own origin has none
				}
				f.add(&Case{
					Name: fmt.Sprintf("%s, %d from %s to %s", method, status, tt.from, tt.target), Look: "sent Origin", Want: want,
					Request:   fetch.Request{URL: tt.from + "/", Method: method},
					Responses: list(to(status, star, "Location: "+tt.target+"/b"), to(200, star)),
				})
			}
		}
	}
}
