package fetch

import "testing"

// The tests of this file have what only Firefox ESR 153 was seen to do.

// wired is a request that script makes, and what each request on the wire has.
type wired struct {
	name    string
	q       Request
	answers map[string]*WireResponse
	want    []string
}

// checkWire compares one header of every request on the wire, preflights
// included.
func checkWire(t *testing.T, page, header string, list []wired) {
	t.Helper()
	for _, tt := range list {
		s := &script{answers: tt.answers}
		o := New(Config{Profile: Firefox}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: page}), &tt.q, s.exchange)
		if len(o.Wire) != len(tt.want) {
			t.Errorf("%s: %d requests were sent, want %d: %v", tt.name, len(o.Wire), len(tt.want), o.Error)
			continue
		}
		for i, want := range tt.want {
			if got := o.Wire[i].Headers.Get(header); got != want {
				t.Errorf("%s: request %d has %s %q, want %q", tt.name, i, header, got, want)
			}
		}
	}
}

// TestSiteAfterRedirect checks that between ports of localhost only hops over
// https keep a request of one site.
func TestSiteAfterRedirect(t *testing.T) {
	to := func(url string) *WireResponse { return answer(302, "Location: "+url, "Access-Control-Allow-Origin: *") }
	const secure, plain = "https://localhost:4002/", "http://localhost:4003/"
	checkWire(t, "https://localhost:4001", "Sec-Fetch-Site", []wired{
		{"https", Request{URL: "/"}, map[string]*WireResponse{"GET https://localhost:4001/": to(secure)}, []string{"same-origin", "same-site"}},
		{
			"plain http last",
			Request{URL: "/"},
			map[string]*WireResponse{"GET https://localhost:4001/": to(secure), "GET " + secure: to(plain)},
			[]string{"same-origin", "same-site", "same-site"},
		},
		{
			"plain http in between",
			Request{URL: "/"},
			map[string]*WireResponse{"GET https://localhost:4001/": to(plain), "GET " + plain: to(secure)},
			[]string{"same-origin", "same-site", "cross-site"},
		},
	})
	checkWire(t, "http://localhost:4001", "Sec-Fetch-Site", []wired{
		{"plain page", Request{URL: secure}, map[string]*WireResponse{"GET " + secure: to(secure + "x")}, []string{"same-site", "same-site"}},
		{"plain start", Request{URL: "/"}, map[string]*WireResponse{"GET http://localhost:4001/": to(secure)}, []string{"same-origin", "cross-site"}},
	})
}

// TestIgnoredPolicyInRedirects checks what is left of the referrer after a hop
// on which a policy was ignored: all of it, unless nothing was sent.
func TestIgnoredPolicyInRedirects(t *testing.T) {
	const full, only = "https://app.example.com/a", "https://app.example.com/"
	for _, tt := range []struct {
		policy, first, redirect string
		want                    []string
	}{
		{"origin-when-cross-origin", "https://other.test/", "", []string{only, full}},
		{"unsafe-url", "https://other.test/", "", []string{only, full}},
		{"strict-origin-when-cross-origin", "https://other.test/", "", []string{only, only}},
		{"origin-when-cross-origin", "http://127.0.0.1/", "", []string{"", ""}},
		{"unsafe-url", "http://127.0.0.1/", "", []string{"", ""}},
		{"unsafe-url", "https://other.test/", "unsafe-url", []string{only, only}},
	} {
		s := &script{answers: map[string]*WireResponse{
			"GET " + tt.first: answer(302, "Location: https://app.example.com/b", "Referrer-Policy: "+tt.redirect, "Access-Control-Allow-Origin: *"),
		}}
		page := mustPage(t, PageConfig{Origin: pageOrigin, URL: full, ReferrerPolicy: tt.policy})
		q := &Request{URL: tt.first, Options: Options{Mode: ModeNoCORS}}
		o := New(Config{Profile: Firefox}).Fetch(t.Context(), page, q, s.exchange)
		for i, want := range tt.want {
			if got := o.Wire[i].Headers.Get("Referer"); got != want {
				t.Errorf("%s, %s: hop %d has Referer %q, want %q", tt.policy, tt.first, i, got, want)
			}
		}
	}
}

// TestHeadersReturn checks that the method before any redirect decides whether
// a redirect drops the headers of the body.
func TestHeadersReturn(t *testing.T) {
	const at = "https://app.example.com/"
	answers := func(method string, statuses ...int) map[string]*WireResponse {
		list := map[string]*WireResponse{}
		for i, status := range statuses {
			r := answer(status, "Location: "+at+string(rune('b'+i)))
			list["GET "+at+string(rune('a'+i))], list[method+" "+at+string(rune('a'+i))] = r, r
		}
		return list
	}
	q := func(method string) Request {
		return Request{URL: "/a", Method: method, Headers: Headers{{"Content-Type", "text/plain"}}}
	}
	checkWire(t, pageOrigin, "Content-Type", []wired{
		{"POST 303 303 307", q("POST"), answers("POST", 303, 303, 307), []string{"text/plain", "", "", "text/plain"}},
		{"POST 302 302 307", q("POST"), answers("POST", 302, 302, 307), []string{"text/plain", "", "", "text/plain"}},
		{"PUT 303 302 303", q("PUT"), answers("PUT", 303, 302, 303), []string{"text/plain", "", "text/plain", ""}},
		{"GET 303 303", q("GET"), answers("GET", 303, 303), []string{"text/plain", "text/plain", "text/plain"}},
	})
}

// TestSeveralContentTypes checks which of several Content-Type lines fetch()
// sends: with a body, the first, but not after a redirect.
func TestSeveralContentTypes(t *testing.T) {
	headers := Headers{{"Content-Type", "text/plain"}, {"Content-Type", "text/plain;a=b"}}
	body := &Body{Kind: BodyText}
	again := map[string]*WireResponse{"POST https://app.example.com/": answer(307, "Location: /b")}
	checkWire(t, pageOrigin, "Content-Type", []wired{
		{"no body", Request{URL: "/", Method: "POST", Headers: headers}, nil, []string{"text/plain;a=b"}},
		{"a body", Request{URL: "/", Method: "POST", Headers: headers, Body: body}, nil, []string{"text/plain"}},
		{"a redirect", Request{URL: "/", Method: "POST", Headers: headers, Body: body}, again, []string{"text/plain", "text/plain;a=b"}},
	})
}

// TestFailureClearsPreflights checks that a request that fails makes Firefox
// forget the preflights to its URL, even if it had none itself.
func TestFailureClearsPreflights(t *testing.T) {
	const url = "https://other.test/"
	for p, want := range map[Profile]int{Firefox: 2, Standard: 1} {
		s := &script{answers: map[string]*WireResponse{
			"OPTIONS " + url: answer(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 600"),
			"PUT " + url:     answer(200, "Access-Control-Allow-Origin: *"),
			"GET " + url:     answer(200),
		}}
		b, page := New(Config{Profile: p}), mustPage(t, PageConfig{Origin: pageOrigin})
		for _, method := range []string{"PUT", "GET", "PUT"} {
			b.Fetch(t.Context(), page, &Request{URL: url, Method: method}, s.exchange)
		}
		got := 0
		for _, a := range s.asked {
			if a == "OPTIONS "+url {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d preflights, want %d", p, got, want)
		}
	}
}

// TestMisdirectedType checks that after a retried 421 script reads the
// Content-Type of both responses.
func TestMisdirectedType(t *testing.T) {
	for p, want := range map[Profile]string{Chromium: "text/plain", Firefox: "text/plain,text/plain"} {
		s := &script{answers: map[string]*WireResponse{"GET https://app.example.com/": answer(421, "Content-Type: text/plain", "X-A: 1")}}
		o := New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "/"}, s.exchange)
		if len(o.Wire) != 2 || o.Response.Headers.Get("Content-Type") != want || o.Response.Headers.Get("X-A") != "1" {
			t.Errorf("%s: %d requests, script reads %v", p, len(o.Wire), o.Response.Headers)
		}
	}
}

// TestRepeatedAllowOrigin checks that only lines with the usual spelling of
// Access-Control-Allow-Origin count as several.
func TestRepeatedAllowOrigin(t *testing.T) {
	const usual, odd = "Access-Control-Allow-Origin: ", "ACCESS-CONTROL-ALLOW-ORIGIN: "
	for _, tt := range []struct {
		lines []string
		want  string
	}{
		{[]string{odd + pageOrigin}, ""},
		{[]string{odd, odd + pageOrigin}, ""},
		{[]string{odd, usual + pageOrigin}, ""},
		{[]string{usual, odd + pageOrigin}, ""},
		{[]string{usual, usual + pageOrigin}, "CORSMultipleAllowOriginNotAllowed"},
		{[]string{odd + pageOrigin, odd + pageOrigin}, "CORSAllowOriginNotMatchingOrigin"},
		{[]string{odd + pageOrigin, usual + pageOrigin}, "CORSAllowOriginNotMatchingOrigin"},
		{[]string{odd, odd}, "CORSAllowOriginNotMatchingOrigin"},
		{[]string{odd + "*", odd + "*"}, "CORSAllowOriginNotMatchingOrigin"},
	} {
		s := &script{answers: map[string]*WireResponse{"GET https://other.test/": answer(200, tt.lines...)}}
		o := New(Config{Profile: Firefox}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://other.test/"}, s.exchange)
		got := ""
		if o.Error != nil {
			got = o.Error.FirefoxCategory()
		}
		if got != tt.want {
			t.Errorf("%q: category %q, want %q", tt.lines, got, tt.want)
		}
	}
}
