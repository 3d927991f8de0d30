package wpt

import (
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

func corsRedirect(f *file) {
	for _, status := range redirects {
		for _, tt := range []struct{ from, target, origin string }{
			{remote, remote, own}, {remote, ownPort, "null"}, {own, remote, own}, {remote, own, "null"},
		} {
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s to %s", status, tt.from, tt.target), Request: cors(tt.from + "/"),
				Responses: list(redirectTo(status, tt.target+"/preflight"), to(200, star)),
				Checks:    expect("status", "200", "methods", "GET GET", "sent Origin", tt.origin),
			})
		}
	}
}

func corsRedirectCredentials(f *file) {
	for _, status := range redirects {
		f.add(&Case{
			Name: fmt.Sprint(status, ", no user information"), Request: cors(own + "/"), Checks: expect("result", "cors"),
			Responses: list(redirectTo(status, ownPort+"/preflight"), to(200, star)),
		})
		for _, tt := range [][2]string{
			{own, "web-platform.test:8001"}, {ownPort, "web-platform.test:8000"}, {ownPort, "web-platform.test:8001"}, {ownPort, "www1.web-platform.test:8000"},
		} {
			for _, who := range []string{"user:password", "user:", ":password"} {
				f.add(&Case{
					Name: fmt.Sprintf("%d, %s to %s of %s", status, tt[0], who, tt[1]), Request: cors(tt[0] + "/"), Checks: expect("result", "rejects"),
					Responses: list(redirectTo(status, "http://"+who+"@"+tt[1]+"/preflight"), to(200, star)),
				})
			}
		}
	}
}

func corsRedirectPreflight(f *file) {
	for _, status := range redirects {
		for _, tt := range []struct{ from, target, methods string }{
			{own, remote, "GET OPTIONS GET"}, {remote, own, "OPTIONS GET OPTIONS GET"}, {remote, ownPort, "OPTIONS GET OPTIONS GET"},
		} {
			q := fetch.Request{URL: tt.from + "/", Headers: header("x-w3c", "test")}
			answers := list(redirectTo(status, tt.target+"/preflight"), to(200, star))
			first := to(200, echo, credentials, "Access-Control-Allow-Headers: x-w3c")
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s to %s, allowed", status, tt.from, tt.target), Request: q, Responses: answers,
				Preflights: list(first, allowing("", "x-w3c")), Checks: expect("status", "200", "methods", tt.methods),
			})
			// The first server does not allow the header either.
			f.add(&Case{
				Name: fmt.Sprintf("%d, %s to %s, not allowed", status, tt.from, tt.target), Request: q, Responses: answers,
				Preflights: list(to(200, echo, credentials)), Checks: expect("result", "rejects"),
			})
		}
	}
}

func redirectMethod(f *file) {
	for _, tt := range []struct {
		status        int
		method        string
		body          fetch.BodyKind
		becomes, kind string
	}{
		{301, "GET", "", "GET", absent},
		{301, "POST", fetch.BodyText, "GET", absent},
		{301, "HEAD", "", "HEAD", absent},
		{302, "GET", "", "GET", absent},
		{302, "POST", fetch.BodyText, "GET", absent},
		{302, "HEAD", "", "HEAD", absent},
		{303, "GET", "", "GET", absent},
		{303, "POST", fetch.BodyText, "GET", absent},
		{303, "HEAD", "", "HEAD", absent},
		{303, "TESTING", "", "GET", absent},
		{307, "GET", "", "GET", absent},
		{307, "POST", fetch.BodyText, "POST", "text/plain;charset=UTF-8"},
		{307, "POST", fetch.BodyBlob, "POST", absent},
		{307, "HEAD", "", "HEAD", absent},
	} {
		q := fetch.Request{URL: own + "/redirect", Method: tt.method, Headers: fetch.Headers{
			{Name: "Content-Encoding", Value: "Identity"}, {Name: "Content-Language", Value: "en-US"}, {Name: "Content-Location", Value: "foo"},
		}}
		if tt.body != "" {
			q.Body = &fetch.Body{Kind: tt.body}
		}
		checks := expect("status", "200", "result", "basic", "methods", tt.method+" "+tt.becomes, "sent Content-Type", tt.kind)
		for _, h := range q.Headers {
			want := h.Value
			if tt.method != tt.becomes {
				want = absent
			}
			checks = append(checks, Check{Look: "sent " + h.Name, Want: want})
		}
		f.add(&Case{
			Name: fmt.Sprint(tt.status, " with ", tt.method, " ", tt.body), Request: q, Checks: checks,
			Responses: list(redirectTo(tt.status, "method"), to(200)),
		})
	}
}

func redirectMode(f *file) {
	for _, at := range []string{own, remote} {
		for _, status := range redirects {
			for _, redirect := range []string{"error", "manual", "follow"} {
				for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
					checks := expect("status", "200")
					hidden := mode == fetch.ModeNoCORS && at == remote
					switch {
					case redirect == "error", hidden && redirect == "manual":
						checks = expect("result", "rejects")
					case redirect == "manual":
						checks = expect("result", "opaqueredirect", "status", "0")
					case hidden:
						checks = expect("result", "opaque")
					}
					f.add(&Case{
						Name:    fmt.Sprintf("%d from %s, %s, %s", status, at, redirect, mode),
						Request: fetch.Request{URL: at + "/", Options: fetch.Options{Mode: mode, Redirect: redirect}}, Checks: checks,
						Responses: list(redirectTo(status, "cors-top.txt"), to(200, star)),
					})
				}
			}
		}
	}
	f.add(&Case{
		Name: "manual, a redirect that is not allowed", Request: fetch.Request{URL: remote + "/", Options: fetch.Options{Redirect: "manual"}},
		Responses: list(to(302, "Location: "+own+"/common/blank.html")), Checks: expect("result", "rejects"),
	})
}

func redirectLocation(f *file) {
	for _, status := range redirects {
		for _, location := range []string{"", "top.txt", "invalidurl:", "data:text/plain;base64,cmVzcG9uc2UncyBib2R5"} {
			for _, mode := range []string{"follow", "manual", "error"} {
				checks := expect("result", "rejects")
				switch {
				case mode == "error" && location == "":
					continue // not in the file
				case mode == "manual":
					checks = expect("result", "opaqueredirect", "status", "0")
				case mode == "follow" && location == "":
					checks = expect("status", fmt.Sprint(status))
				case mode == "follow" && location == "top.txt":
					checks = expect("status", "200")
				}
				f.add(&Case{
					Name:    fmt.Sprintf("%d, %s, to %q", status, mode, location),
					Request: fetch.Request{URL: own + "/redirect", Options: fetch.Options{Redirect: mode}}, Checks: checks,
					Responses: list(redirectTo(status, location), to(200)),
				})
			}
		}
	}
}

func redirectEmptyLocation(f *file) {
	for _, tt := range [][2]string{{"follow", "rejects"}, {"manual", "opaqueredirect"}} {
		f.add(&Case{
			Name: tt[0], Request: fetch.Request{URL: own + "/redirect", Options: fetch.Options{Redirect: tt[0]}}, Checks: expect("result", tt[1]),
			Responses: list(to(302, "Location:")),
		})
	}
}

func redirectCount(f *file) {
	for _, status := range redirects {
		for n, checks := range map[int][]Check{20: expect("status", "200"), 21: expect("result", "rejects")} {
			f.add(&Case{
				Name: fmt.Sprintf("%d redirects with %d", n, status), Request: cors(own + "/redirect"), Checks: checks,
				Responses: append(slices.Repeat(list(redirectTo(status, "redirect")), n), to(200)),
			})
		}
	}
}

func redirectOrigin(f *file) {
	for _, status := range redirects {
		for _, method := range []string{"GET", "POST"} {
			for _, tt := range [][3]string{{own, own, absent}, {own, remote, own}, {remote, remote, own}, {remote, own, "null"}} {
				f.add(&Case{
					Name:    fmt.Sprintf("%s, %d from %s to %s", method, status, tt[0], tt[1]),
					Request: fetch.Request{URL: tt[0] + "/redirect", Method: method}, Checks: expect("status", "200", "sent Origin", tt[2]),
					Responses: list(redirectTo(status, tt[1]+"/inspect"), echoed()),
				})
			}
		}
	}
}

func redirectSchemes(f *file) {
	for _, location := range []string{"mailto:a@a.com", "data:,HI", "facetime:a@a.org", "about:blank", "about:unicorn", "blob:djfksfjs"} {
		f.add(&Case{
			Name: location, Request: cors(own + "/redirect"), Responses: list(redirectTo(302, location), to(200, star)), Checks: expect("result", "rejects"),
		})
	}
}

func redirectToData(f *file) {
	for _, tt := range []struct {
		at   string
		mode fetch.Mode
	}{
		{own, fetch.ModeCORS}, {own, fetch.ModeNoCORS}, {own, fetch.ModeSameOrigin}, {remote, fetch.ModeCORS}, {remote, fetch.ModeNoCORS},
	} {
		f.add(&Case{
			Name: fmt.Sprint(tt.at, ", ", tt.mode), Request: fetch.Request{URL: tt.at + "/redirect", Options: fetch.Options{Mode: tt.mode}},
			Responses: list(redirectTo(302, "data:text/plain;base64,cmVzcG9uc2UncyBib2R5"), to(200, star)), Checks: expect("result", "rejects"),
		})
	}
}

func redirectBack(f *file) {
	for _, tt := range []struct {
		q    fetch.Request
		want string
	}{{noCORS(remote + "/redirect"), "opaque"}, {cors(remote + "/redirect"), "cors"}} {
		f.add(&Case{
			Name: fmt.Sprint("there and back, ", tt.want), Request: tt.q, Responses: list(redirectTo(303, own+"/cors-top.txt"), to(200, star)),
			Checks: expect("result", tt.want),
		})
	}
}

// policies are the referrer policies, with what each sends to the page's origin
// and to others.
var policies = []struct{ name, same, cross string }{
	{"no-referrer", absent, absent},
	{"no-referrer-when-downgrade", address, address},
	{"origin", own + "/", own + "/"},
	{"origin-when-cross-origin", address, own + "/"},
	{"same-origin", address, absent},
	{"strict-origin", own + "/", own + "/"},
	{"strict-origin-when-cross-origin", address, own + "/"},
	{"unsafe-url", address, address},
}

// redirectedReferrer adds a test of the referrer after a redirect within the
// page's origin, or from it to another.
func redirectedReferrer(f *file, target, policy, next, want string) {
	redirect := redirectTo(302, target+"/inspect")
	if next != "" {
		redirect.Headers = append(redirect.Headers, fetch.Header{Name: "Referrer-Policy", Value: next})
	}
	f.add(&Case{
		Name:    fmt.Sprintf("to %s, policy %q, then %q", target, policy, next),
		Request: fetch.Request{URL: own + "/redirect", Options: fetch.Options{ReferrerPolicy: policy}}, Responses: list(redirect, echoed()),
		Checks: expect("status", "200", "sent Referer", want),
	})
}

func redirectReferrer(f *file) {
	for _, p := range policies {
		for _, target := range []string{own, remote} {
			want := p.same
			if target == remote {
				want = p.cross
			}
			redirectedReferrer(f, target, "", p.name, want)
			redirectedReferrer(f, target, p.name, "", want)
		}
	}
}

func redirectReferrerOverride(f *file) {
	for _, first := range policies {
		for _, then := range policies {
			for _, target := range []string{own, remote} {
				second := then.same
				if target == remote {
					second = then.cross
				}
				want := address
				switch {
				case first.same == absent || second == absent:
					want = absent
				case first.same == own+"/" || second == own+"/":
					want = own + "/"
				}
				redirectedReferrer(f, target, first.name, then.name, want)
			}
		}
	}
}
