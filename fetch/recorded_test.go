package fetch

import (
	"errors"
	"testing"
)

// The tests of this file have what Chromium 156 and Firefox ESR 153 were seen
// to do; conformance/testdata has more of each kind.

// TestReferrerStaysTrimmed follows redirects whose policies would send more
// than a hop before them did.
func TestReferrerStaysTrimmed(t *testing.T) {
	const full, only = "https://app.example.com/a/b?c", "https://app.example.com/"
	for _, tt := range []struct {
		name        string
		policy      string
		first, then string // Referrer-Policy of the redirects
		want        []string
	}{
		{"none", "no-referrer", "unsafe-url", "origin", []string{"", "", ""}},
		{"origin", "origin", "unsafe-url", "same-origin", []string{only, only, only}},
		{"gone in between", "unsafe-url", "no-referrer", "unsafe-url", []string{full, "", ""}},
		{"trimmed in between", "unsafe-url", "strict-origin", "unsafe-url", []string{full, only, only}},
	} {
		for _, p := range []Profile{Chromium, Firefox, Safari, Standard} {
			s := &script{answers: map[string]*WireResponse{
				"GET https://app.example.com/1": answer(302, "Location: /2", "Referrer-Policy: "+tt.first),
				"GET https://app.example.com/2": answer(302, "Location: /3", "Referrer-Policy: "+tt.then),
				"GET https://app.example.com/3": answer(200),
			}}
			page := mustPage(t, PageConfig{Origin: pageOrigin, URL: full, ReferrerPolicy: tt.policy})
			o := New(Config{Profile: p}).Fetch(t.Context(), page, &Request{URL: "/1"}, s.exchange)
			for i, want := range tt.want {
				if got := o.Wire[i].Headers.Get("Referer"); got != want {
					t.Errorf("%s, %s: hop %d has Referer %q, want %q", tt.name, p, i, got, want)
				}
			}
		}
	}
}

// TestRelaxedPolicyToOtherSites checks that Firefox ignores policies that send
// more than the default does.
func TestRelaxedPolicyToOtherSites(t *testing.T) {
	const full = "https://app.example.com/a"
	for _, tt := range []struct {
		policy, url, chromium, firefox string
	}{
		{"unsafe-url", "https://other.test/", full, pageOrigin + "/"},
		{"no-referrer-when-downgrade", "https://other.test/", full, pageOrigin + "/"},
		{"unsafe-url", "https://api.example.com/", full, full},
		{"origin", "https://other.test/", pageOrigin + "/", pageOrigin + "/"},
	} {
		for p, want := range map[Profile]string{Chromium: tt.chromium, Firefox: tt.firefox} {
			s := &script{}
			page := mustPage(t, PageConfig{Origin: pageOrigin, URL: full, ReferrerPolicy: tt.policy})
			New(Config{Profile: p}).Fetch(t.Context(), page, &Request{URL: tt.url}, s.exchange)
			if got := wireHeader(s.last, "Referer"); got != want {
				t.Errorf("%s, %s to %s: Referer %q, want %q", p, tt.policy, tt.url, got, want)
			}
		}
	}
}

// TestSecFetchSite checks which hosts are of one site although their schemes
// differ.
func TestSecFetchSite(t *testing.T) {
	for _, tt := range []struct{ page, url, chromium, firefox string }{
		{"http://app.example.com", "https://api.example.com/", "cross-site", "cross-site"},
		{"http://localhost:1234", "https://localhost:4321/", "cross-site", "same-site"},
		{"http://127.0.0.1:1234", "https://127.0.0.1:4321/", "cross-site", "same-site"},
		{"https://app.example.com", "https://api.example.com/", "same-site", "same-site"},
	} {
		for p, want := range map[Profile]string{Chromium: tt.chromium, Firefox: tt.firefox} {
			s := &script{}
			New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: tt.page}), &Request{URL: tt.url}, s.exchange)
			if got := wireHeader(s.last, "Sec-Fetch-Site"); got != want {
				t.Errorf("%s: %s to %s is %q, want %q", p, tt.page, tt.url, got, want)
			}
		}
	}
}

// TestPreflightMetadata checks that the Sec-Fetch headers of a preflight are
// about its own URL, whatever redirects came before, and what is left of them
// if the URL is not potentially trustworthy.
func TestPreflightMetadata(t *testing.T) {
	s := &script{answers: map[string]*WireResponse{
		"OPTIONS https://other.test/":      answer(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"),
		"PUT https://other.test/":          answer(307, "Location: https://api.example.com/", "Access-Control-Allow-Origin: *"),
		"OPTIONS https://api.example.com/": answer(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"),
	}}
	o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://other.test/", Method: "PUT"}, s.exchange)
	for i, want := range []string{"cross-site", "cross-site", "same-site", "cross-site"} {
		if got := o.Wire[i].Headers.Get("Sec-Fetch-Site"); got != want {
			t.Errorf("request %d has Sec-Fetch-Site %q, want %q", i, got, want)
		}
	}
	for p, want := range map[Profile]string{Chromium: "cors", Firefox: "", Safari: "", Standard: ""} {
		s := &script{}
		New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: "http://app.example.com"}), &Request{URL: "http://other.test/", Method: "PUT"}, s.exchange)
		if got := wireHeader(s.last, "Sec-Fetch-Mode"); got != want || s.last.Headers.Has("Sec-Fetch-Site") || s.last.Headers.Has("Sec-Fetch-Dest") {
			t.Errorf("%s: the preflight to plain http has %v", p, s.last.Headers)
		}
	}
}

// TestRefusedStatuses checks the statuses that Chromium's network stack refuses.
func TestRefusedStatuses(t *testing.T) {
	for _, tt := range []struct {
		status            int
		method            string
		chromium, firefox Code
	}{
		{407, "GET", codeProxyAuth, ""},
		{407, "PUT", codeProxyAuth, CodePreflightInvalidStatus},
		{101, "GET", CodeInvalidResponse, ""},
		{101, "PUT", CodeInvalidResponse, CodePreflightInvalidStatus},
		{408, "GET", "", ""},
	} {
		for p, want := range map[Profile]Code{Chromium: tt.chromium, Firefox: tt.firefox} {
			method := tt.method
			if method == "PUT" {
				method = "OPTIONS"
			}
			s := &script{answers: map[string]*WireResponse{
				method + " https://other.test/": answer(tt.status, "Access-Control-Allow-Origin: *"),
			}}
			o := New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://other.test/", Method: tt.method}, s.exchange)
			switch {
			case want == "" && o.Error != nil, want != "" && (o.Error == nil || o.Error.Code != want):
				t.Errorf("%s, %s %d: error %v, want %q", p, tt.method, tt.status, o.Error, want)
			case want == codeProxyAuth && (o.Result != Failed || o.Error.Console(Chromium) != ""):
				t.Errorf("%s, %s %d: %s, console %q", p, tt.method, tt.status, o.Result, o.Error.Console(Chromium))
			}
		}
	}
}

// TestCombinedRequestHeaders checks that XMLHttpRequest joins lines of one name
// before they are judged, in every profile.
func TestCombinedRequestHeaders(t *testing.T) {
	headers := Headers{{"X-B", "1"}, {"x-b", "2"}, {"Content-Type", "text/plain;charset=utf-8"}, {"content-type", "text/plain"}}
	for p, want := range map[Profile]string{Chromium: "content-type,x-b", Firefox: "content-type,x-b"} {
		s := &script{}
		q := &Request{URL: "https://other.test/", Headers: headers, Options: Options{Destination: DestinationXHR}}
		if p == Chromium {
			q.Headers = append(headers[:3:3], Header{"content-type", "\"x\""})
		}
		New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), q, s.exchange)
		if got := wireHeader(s.last, "Access-Control-Request-Headers"); got != want {
			t.Errorf("%s: Access-Control-Request-Headers %q, want %q", p, got, want)
		}
	}
}

// TestThrownTexts has the exceptions of calls that throw.
func TestThrownTexts(t *testing.T) {
	for _, tt := range []struct {
		q                 Request
		chromium, firefox string
	}{
		{Request{Method: "TRACE"}, "TypeError: Failed to execute 'fetch' on 'Window': 'TRACE' HTTP method is unsupported.", "TypeError: Window.fetch: Invalid request method TRACE."},
		{Request{URL: "http://["}, "TypeError: Failed to execute 'fetch' on 'Window': Failed to parse URL from http://[", "TypeError: Window.fetch: http://[ is not a valid URL."},
		{Request{Headers: Headers{{"A B", "1"}}}, "TypeError: Failed to execute 'fetch' on 'Window': Invalid name", "TypeError: Window.fetch: a b is an invalid header name."},
		{Request{Method: "P\xdcT"}, "TypeError: Failed to execute 'fetch' on 'Window': 'P\u00dcT' is not a valid HTTP method.", "TypeError: Window.fetch: Invalid request method P\ufffdT."},
		{Request{Method: "TRACE", Options: Options{Destination: DestinationXHR}}, "SecurityError: Failed to execute 'open' on 'XMLHttpRequest': 'TRACE' HTTP method is unsupported.", "SecurityError: The operation is insecure."},
		{Request{Method: "a b", Options: Options{Destination: DestinationXHR}}, "SyntaxError: Failed to execute 'open' on 'XMLHttpRequest': 'a b' is not a valid HTTP method.", "SyntaxError: An invalid or illegal string was specified"},
		{Request{URL: "http://[", Options: Options{Destination: DestinationXHR}}, "SyntaxError: Failed to execute 'open' on 'XMLHttpRequest': Invalid URL", "SyntaxError: XMLHttpRequest.open: 'http://[' is not a valid URL."},
		{Request{Headers: Headers{{"x", "a\nb"}}, Options: Options{Destination: DestinationXHR}}, "SyntaxError: Failed to execute 'setRequestHeader' on 'XMLHttpRequest': 'a\nb' is not a valid HTTP header field value.", "SyntaxError: Invalid header value."},
	} {
		for p, want := range map[Profile]string{Chromium: tt.chromium, Firefox: tt.firefox} {
			q := tt.q
			if q.URL == "" {
				q.URL = "https://other.test/"
			}
			o := New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &q, (&script{}).exchange)
			if o.Error == nil || o.Error.Code != CodeTypeError {
				t.Fatalf("%s, %+v: %v", p, q, o.Error)
			}
			if got := o.Error.ExceptionName() + ": " + o.Error.Exception(); got != want {
				t.Errorf("%s: %q, want %q", p, got, want)
			}
			if len(o.Wire) > 0 || errors.Is(o.Error, errNoAnswer) {
				t.Errorf("%s, %+v: something was sent", p, q)
			}
		}
	}
}

// TestStorageAccess checks that only requests to other sites that may have
// cookies have Sec-Fetch-Storage-Access.
func TestStorageAccess(t *testing.T) {
	for _, tt := range []struct {
		options Options
		want    string
	}{
		{Options{Mode: ModeNoCORS}, ""},
		{Options{Mode: ModeNoCORS, Credentials: CredentialsInclude}, "active"},
		{Options{Destination: DestinationImage}, "active"},
		{Options{Destination: DestinationScript}, "active"},
		{Options{Destination: DestinationStyle}, "active"},
		{Options{Destination: DestinationVideo}, "active"},
		{Options{Destination: DestinationImage, CrossOrigin: new("anonymous")}, ""},
		{Options{Destination: DestinationImage, CrossOrigin: new("use-credentials")}, "active"},
		{Options{Destination: DestinationEventSource}, ""},
	} {
		s := &script{}
		New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://other.test/", Options: tt.options}, s.exchange)
		if got := wireHeader(s.last, "Sec-Fetch-Storage-Access"); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.options, got, tt.want)
		}
	}
	s := &script{answers: map[string]*WireResponse{
		"GET https://other.test/": answer(302, "Location: https://app.example.com/", "Access-Control-Allow-Origin: "+pageOrigin, "Access-Control-Allow-Credentials: true"),
	}}
	q := &Request{URL: "https://other.test/", Options: Options{Credentials: CredentialsInclude}}
	o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), q, s.exchange)
	for i, want := range []string{"active", ""} {
		if got := o.Wire[i].Headers.Get("Sec-Fetch-Storage-Access"); got != want {
			t.Errorf("request %d: %q, want %q", i, got, want)
		}
	}
}
