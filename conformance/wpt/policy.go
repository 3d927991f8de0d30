package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

// policed adds tests of Cross-Origin-Resource-Policy on pages of one scheme:
// those that its two files share.
func policed(f *file, page, site string) {
	const line = "Cross-Origin-Resource-Policy: "
	answer := func(policy string) *fetch.WireResponse { return to(200, line+policy, echo) }
	where := fetch.PageConfig{URL: page + "/tests/page.html"}
	for _, policy := range []string{"same-origin", "same-site"} {
		for _, tt := range []struct {
			name, want string
			q          fetch.Request
		}{
			{"same origin, cors", "basic", cors("hello")},
			{"another site, cors", "cors", cors(site + "/hello")},
			{"another site, no-cors", "rejects", noCORS(site + "/hello")},
		} {
			f.add(&Case{Name: tt.name + ", " + policy, Page: where, Request: tt.q, Responses: list(answer(policy)), Checks: expect("result", tt.want)})
		}
	}
	f.add(&Case{
		Name: "a redirect to another site, same-origin", Page: where, Request: noCORS("redirect"), Checks: expect("result", "rejects"),
		Responses: list(to(302, "Location: "+site+"/hello"), answer("same-origin")),
	})
	f.add(&Case{
		Name: "there and back, same-origin", Page: where, Request: noCORS(site + "/redirect"), Checks: expect("result", "opaque"),
		Responses: list(to(302, "Location: "+page+"/hello"), answer("same-origin")),
	})
	f.add(&Case{
		Name: "there and back, and the redirect has same-origin", Page: where, Request: noCORS(site + "/redirect"), Checks: expect("result", "rejects"),
		Responses: list(to(302, "Location: "+page+"/hello", line+"same-origin"), answer("same-origin")),
	})
}

func resourcePolicy(f *file) {
	policed(f, own, other)
	for _, tt := range [][3]string{
		{ownTLS, "same-site", "rejects"}, {ownTLS, "same-origin", "rejects"}, {ownPort, "same-site", "opaque"}, {ownPort, "same-origin", "rejects"},
	} {
		f.add(&Case{
			Name: tt[0] + ", no-cors, " + tt[1], Request: noCORS(tt[0] + "/hello"), Checks: expect("result", tt[2]),
			Responses: list(to(200, "Cross-Origin-Resource-Policy: "+tt[1])),
		})
	}
}

func resourcePolicyTLS(f *file) { policed(f, ownTLS, otherTLS) }

func resourcePolicySyntax(f *file) {
	for _, policy := range []string{"same", "same, same-origin", "SAME-ORIGIN", "Same-Origin", "same-origin, <>", "same-origin, same-origin"} {
		f.add(&Case{
			Name: policy, Request: noCORS(remote + "/hello"), Checks: expect("result", "opaque"),
			Responses: list(to(200, "Cross-Origin-Resource-Policy: "+policy)),
		})
	}
}

func embedderPolicy(f *file) {
	page := fetch.PageConfig{Origin: ownTLS, EmbedderPolicy: fetch.EmbedderRequireCORP}
	f.add(&Case{
		Name: "cross-origin", Page: page, Request: noCORS(remoteTLS + "/nothing"), Checks: expect("result", "opaque"),
		Responses: list(to(200, "Cross-Origin-Resource-Policy: cross-origin")),
	})
	f.add(&Case{
		Name: "no policy of the resource", Page: page, Request: noCORS(remoteTLS + "/blank"), Checks: expect("result", "rejects"), Responses: list(to(200)),
	})
}

// mixed adds tests of mixed content, named as their files are: where a request
// goes, and whether it is redirected to the other scheme of the same host.
func mixed(f *file, d fetch.Destination, tests ...[2]string) {
	hosts := map[string][2]string{
		"same-http": {own, ownTLS}, "same-https": {ownTLS, own}, "cross-http": {remote, remoteTLS},
	}
	blocked, passed := "rejects", "basic"
	if d != fetch.DestinationFetch {
		blocked, passed = "error", "load"
	}
	for _, tt := range tests {
		at := hosts[tt[0]]
		answers := list(to(200, star))
		switch tt[1] {
		case "keep-scheme":
			answers = list(to(301, star, "Location: "+at[0]+"/b"), to(200, star))
		case "swap-scheme":
			answers = list(to(301, star, "Location: "+at[1]+"/b"), to(200, star))
		}
		checks := expect("result", blocked, "methods", "")
		if tt[0] == "same-https" {
			checks = expect("result", passed)
		}
		f.add(&Case{
			Name: fmt.Sprintf("%s, %s", tt[0], tt[1]), Page: fetch.PageConfig{Origin: ownTLS}, Request: element(at[0]+"/a", d), Responses: answers, Checks: checks,
		})
	}
}

// unsecured are the tests of mixed content that fetch() and XMLHttpRequest have.
var unsecured = [][2]string{
	{"cross-http", "keep-scheme"},
	{"cross-http", "no-redirect"},
	{"cross-http", "swap-scheme"},
	{"same-http", "keep-scheme"},
	{"same-http", "no-redirect"},
	{"same-http", "swap-scheme"},
	{"same-https", "no-redirect"},
}

func mixedFetch(f *file) { mixed(f, fetch.DestinationFetch, unsecured...) }
func mixedXHR(f *file) {
	mixed(f, fetch.DestinationXHR, append(unsecured[:len(unsecured):len(unsecured)], [2]string{"same-https", "keep-scheme"})...)
}
