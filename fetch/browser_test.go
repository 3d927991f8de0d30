package fetch

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// script is a network with responses by "METHOD url". It records the requests
// that it gets.
type script struct {
	answers map[string]*WireResponse
	asked   []string
	last    *WireRequest
}

func (s *script) exchange(_ context.Context, w *WireRequest) (*WireResponse, error) {
	s.asked = append(s.asked, w.Method+" "+w.URL)
	s.last = w
	if a := s.answers[w.Method+" "+w.URL]; a != nil {
		return a, nil
	}
	return nil, &NetError{Code: CodeConnectionRefused, Err: errors.New("refused")}
}

func answer(status int, headers ...string) *WireResponse {
	r := &WireResponse{Status: status}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Headers = append(r.Headers, Header{name, value})
	}
	return r
}

func wireHeader(w *WireRequest, name string) string {
	v, _ := w.Headers.get(name)
	return v
}

const pageOrigin = "https://app.example.com"

func TestRedirectMethodAndHeaders(t *testing.T) {
	tests := []struct {
		status       int
		method, want string
		body         bool
	}{
		{301, "POST", "GET", false},
		{302, "POST", "GET", false},
		{302, "PUT", "PUT", true},
		{303, "PUT", "GET", false},
		{303, "HEAD", "HEAD", false},
		{307, "POST", "POST", true},
		{308, "DELETE", "DELETE", true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.method), func(t *testing.T) {
			s := &script{answers: map[string]*WireResponse{
				tt.method + " https://app.example.com/a": answer(tt.status, "Location: /b"),
				tt.want + " https://app.example.com/b":   answer(200),
			}}
			req := &Request{URL: "/a", Method: tt.method, Headers: Headers{{"Authorization", "x"}}}
			if tt.method != "HEAD" {
				req.Body = &Body{Kind: BodyText}
			}
			o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), req, s.exchange)
			if o.Result != Allowed || o.Response.Type != TypeBasic || !o.Response.Redirected {
				t.Fatalf("result %s, error %v", o.Result, o.Error)
			}
			if got := s.last.Body != nil; got != tt.body {
				t.Errorf("body sent %t, want %t", got, tt.body)
			}
			if got := wireHeader(s.last, "Content-Type") != ""; got != tt.body {
				t.Errorf("Content-Type sent %t, want %t", got, tt.body)
			}
			if wireHeader(s.last, "Authorization") != "x" {
				t.Error("Authorization was dropped on the same origin")
			}
		})
	}
}

func TestRedirectTaintsOrigin(t *testing.T) {
	s := &script{answers: map[string]*WireResponse{
		"GET https://a.example.net/":    answer(302, "Location: https://b.example.net/", "Access-Control-Allow-Origin: *"),
		"GET https://b.example.net/":    answer(302, "Location: https://app.example.com/x", "Access-Control-Allow-Origin: null"),
		"GET https://app.example.com/x": answer(200, "Access-Control-Allow-Origin: https://app.example.com"),
	}}
	o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://a.example.net/"}, s.exchange)
	if o.Error == nil || o.Error.Code != CodeAllowOriginMismatch || o.Error.hop != 2 {
		t.Fatalf("result %s, error %+v", o.Result, o.Error)
	}
	if got := wireHeader(s.last, "Origin"); got != "null" {
		t.Errorf("Origin is %q after leaving a foreign origin", got)
	}
	if s.last.Credentials {
		t.Error("credentials mode same-origin sends cookies back to the page's origin once tainted")
	}
	want := "Access to fetch at 'https://app.example.com/x' (redirected from 'https://a.example.net/') from origin 'https://app.example.com' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value 'https://app.example.com' that is not equal to the supplied origin. Have the server send the header with a valid value."
	if got := o.Error.Console(Chromium); got != want {
		t.Errorf("message\n%s\nwant\n%s", got, want)
	}
}

func TestRedirectLimit(t *testing.T) {
	for _, p := range []Profile{Chromium, Firefox, Safari, Standard} {
		n := 0
		o := New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "/"},
			func(context.Context, *WireRequest) (*WireResponse, error) {
				n++
				return answer(302, "Location: /"), nil
			})
		if n != 21 || o.Error == nil || o.Error.Code != codeTooManyRedirects {
			t.Errorf("%s: %d requests, error %v", p, n, o.Error)
		}
	}
}

func TestRedirectRefused(t *testing.T) {
	const cors = "Access-Control-Allow-Origin: *"
	tests := []struct {
		name, location string
		req            Request
		profile        Profile
		code           Code
	}{
		{"userinfo", "https://u@api.example.net/", Request{}, Chromium, CodeRedirectContainsCredentials},
		{"userinfo to own origin, Chromium", "https://u@app.example.com/", Request{URL: "/"}, Chromium, CodeAborted},
		{"data", "data:,x", Request{}, Chromium, codeUnsafeRedirect},
		{"custom scheme", "custom:x", Request{}, Chromium, CodeCorsDisabledScheme},
		{"custom scheme no-cors", "custom:x", Request{Options: Options{Mode: ModeNoCORS}}, Chromium, codeUnknownScheme},
		{"unparsable", "http://[::1", Request{}, Chromium, codeInvalidRedirect},
		{"mode error", "/x", Request{Options: Options{Redirect: redirectError}}, Chromium, CodeFailed},
		{"mode same-origin", "https://api.example.net/", Request{URL: "/", Options: Options{Mode: ModeSameOrigin}}, Chromium, CodeAborted},
		{"data, standard", "data:,x", Request{}, Standard, CodeCorsDisabledScheme},
		{"stream body", "/x", Request{Method: "POST", Body: &Body{Kind: BodyStream}}, Chromium, CodeFailed},
	}
	for _, tt := range tests {
		if tt.req.URL == "" {
			tt.req.URL = "https://api.example.net/"
		}
		o := New(Config{Profile: tt.profile}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &tt.req,
			func(_ context.Context, w *WireRequest) (*WireResponse, error) {
				if w.Kind == KindPreflight {
					return answer(204, cors), nil
				}
				if w.Hop > 0 {
					t.Errorf("%s: redirect was followed to %s", tt.name, w.URL)
				}
				return answer(307, cors, "Location: "+tt.location), nil
			})
		if o.Result != Blocked || o.Error.Code != tt.code {
			t.Errorf("%s: result %s, error %v, want %s", tt.name, o.Result, o.Error, tt.code)
		}
	}
}

func TestPreflightBytes(t *testing.T) {
	s := &script{answers: map[string]*WireResponse{
		"OPTIONS https://api.example.net/x": answer(200, "Access-Control-Allow-Origin: "+pageOrigin, "Access-Control-Allow-Headers: X-B,x-a , content-TYPE", "Access-Control-Allow-Methods: PUT"),
		"PUT https://api.example.net/x":     answer(200, "Access-Control-Allow-Origin: "+pageOrigin),
	}}
	o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{
		URL: "https://api.example.net/x#frag", Method: "put", Headers: Headers{{"X-B", "1"}, {"X-A", "2"}, {"Content-Type", "application/json"}, {"Accept", "a/b"}},
	}, s.exchange)
	if o.Result != Allowed {
		t.Fatal(o.Error)
	}
	pre := &o.Wire[0]
	var got []string
	for _, h := range pre.Headers {
		got = append(got, h.Name+": "+h.Value)
	}
	want := []string{
		"Accept: */*", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type,x-a,x-b",
		"Origin: https://app.example.com", "Referer: https://app.example.com/", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: cross-site",
	}
	if !slices.Equal(got, want) || pre.Credentials || pre.Kind != KindPreflight {
		t.Errorf("preflight %q, want %q", got, want)
	}
	var reasons []string
	for _, c := range o.Preflight.Reasons {
		reasons = append(reasons, c.String())
	}
	if want := []string{"method PUT", "header content-type: application/json", "header x-a", "header x-b"}; !slices.Equal(reasons, want) {
		t.Errorf("reasons %q, want %q", reasons, want)
	}
}

func TestAuthorizationUnderStar(t *testing.T) {
	for p, want := range map[Profile]Result{Chromium: Allowed, Firefox: Allowed, Safari: Allowed, Standard: Blocked} {
		s := &script{answers: map[string]*WireResponse{
			"OPTIONS https://api.example.net/": answer(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *"),
			"GET https://api.example.net/":     answer(200, "Access-Control-Allow-Origin: *"),
		}}
		o := New(Config{Profile: p}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}),
			&Request{URL: "https://api.example.net/", Headers: Headers{{"Authorization", "x"}}}, s.exchange)
		if o.Result != want {
			t.Errorf("%s: %s, want %s (%v)", p, o.Result, want, o.Error)
		}
	}
}

func TestPreflightOrder(t *testing.T) {
	redirect := answer(302, "Location: /x")
	tests := []struct {
		profile Profile
		answer  *WireResponse
		want    Code
	}{
		{Chromium, redirect, CodePreflightDisallowedRedirect},
		{Firefox, redirect, CodePreflightMissingAllowOriginHeader},
		{Safari, redirect, CodePreflightInvalidStatus},
		{Chromium, answer(404), CodePreflightMissingAllowOriginHeader},
		{Chromium, answer(404, "Access-Control-Allow-Origin: *"), CodePreflightInvalidStatus},
		{Safari, answer(404), CodePreflightInvalidStatus},
		{Chromium, answer(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: (", "Access-Control-Allow-Headers: ("), CodeInvalidAllowMethodsPreflightResponse},
		{Chromium, answer(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: ("), CodeInvalidAllowHeadersPreflightResponse},
		{Firefox, answer(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: ("), CodeMethodDisallowedByPreflightResponse},
		{Chromium, answer(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: put"), CodeMethodDisallowedByPreflightResponse},
	}
	for _, tt := range tests {
		s := &script{answers: map[string]*WireResponse{"OPTIONS https://api.example.net/": tt.answer}}
		o := New(Config{Profile: tt.profile}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://api.example.net/", Method: "PUT"}, s.exchange)
		if o.Error == nil || o.Error.Code != tt.want || !o.Error.Preflight {
			t.Errorf("%s, answer %+v: %v, want %s", tt.profile, tt.answer, o.Error, tt.want)
		}
	}
}

func TestPreflightCache(t *testing.T) {
	now := time.Unix(1e9, 0)
	run := func(p Profile, maxAge string, steps ...func(b *Browser, do func(method string, o ...func(*Request)) bool)) {
		b := New(Config{Profile: p, Now: func() time.Time { return now }})
		page := mustPage(t, PageConfig{Origin: pageOrigin})
		do := func(method string, opts ...func(*Request)) bool {
			req := &Request{URL: "https://api.example.net/", Method: method}
			for _, o := range opts {
				o(req)
			}
			head := []string{"Access-Control-Allow-Origin: " + pageOrigin, "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: " + method}
			if maxAge != "" {
				head = append(head, "Access-Control-Max-Age: "+maxAge)
			}
			o := b.Fetch(t.Context(), page, req, func(_ context.Context, w *WireRequest) (*WireResponse, error) { return answer(200, head...), nil })
			if o.Result != Allowed {
				t.Errorf("%s: %v", p, o.Error)
			}
			return o.Preflight.Cached
		}
		for _, s := range steps {
			s(b, do)
		}
	}
	wait := func(d time.Duration) func(*Browser, func(string, ...func(*Request)) bool) {
		return func(*Browser, func(string, ...func(*Request)) bool) { now = now.Add(d) }
	}
	want := func(name, method string, cached bool, opts ...func(*Request)) func(*Browser, func(string, ...func(*Request)) bool) {
		return func(b *Browser, do func(string, ...func(*Request)) bool) {
			t.Helper()
			if got := do(method, opts...); got != cached {
				t.Errorf("%s, %s: cached %t, want %t", b.cfg.Profile, name, got, cached)
			}
		}
	}
	include := func(r *Request) { r.Credentials = CredentialsInclude }
	reload := func(r *Request) { r.Cache = cacheReload }
	noStore := func(r *Request) { r.Cache = cacheNoStore }

	for _, p := range []Profile{Chromium, Firefox, Safari, Standard} {
		run(p, "", want("first", "PUT", false), wait(4*time.Second), want("within 5 s", "PUT", true), wait(time.Second), want("after 5 s", "PUT", false))
		run(p, "0", want("first", "PUT", false), want("max-age 0", "PUT", false))
	}
	run(Chromium, "86400", want("first", "PUT", false), wait(7199*time.Second), want("below the cap", "PUT", true), wait(time.Second), want("cap of 7200 s", "PUT", false))
	run(Safari, "86400", want("first", "PUT", false), wait(599*time.Second), want("below the cap", "PUT", true), wait(time.Second), want("cap of 600 s", "PUT", false))
	run(Firefox, "864000", want("first", "PUT", false), wait(86399*time.Second), want("below the cap", "PUT", true), wait(time.Second), want("cap of 86400 s", "PUT", false))
	// Chromium replaces an entry; the standard merges.
	run(Chromium, "60", want("first", "PUT", false), want("other method", "DELETE", false), want("replaced", "PUT", false))
	run(Standard, "60", want("first", "PUT", false), want("other method", "DELETE", false), want("merged", "PUT", true))
	// An entry made with credentials serves requests without them, except in
	// Firefox. The reverse is never true.
	run(Chromium, "60", want("include", "PUT", false, include), want("same-origin", "PUT", true))
	run(Firefox, "60", want("include", "PUT", false, include), want("same-origin", "PUT", false))
	run(Chromium, "60", want("same-origin", "PUT", false), want("include", "PUT", false, include))
	run(Chromium, "60", want("first", "PUT", false), want("reload skips", "PUT", false, reload), want("but stores", "PUT", true))
	run(Chromium, "60", want("no-store keeps out", "PUT", false, noStore), want("so nothing is there", "PUT", false))
}

func TestPreflightCacheIsBounded(t *testing.T) {
	for _, p := range []Profile{Chromium, Firefox, Safari, Standard} {
		b := New(Config{Profile: p})
		for i := range 3 * b.rules.cache.entries {
			b.cache.store(cacheKey{origin: pageOrigin, url: fmt.Sprint("https://api.example.net/", i)}, &preflightGrant{methods: []string{"PUT"}}, "60", 1, time.Time{})
		}
		if n := len(b.cache.entries); n > b.rules.cache.entries {
			t.Errorf("%s: %d entries, at most %d", p, n, b.rules.cache.entries)
		}
	}
}

func TestExposedHeaders(t *testing.T) {
	head := []string{"Access-Control-Allow-Origin: *", "Content-Type: a/b", "X-One: 1", "Set-Cookie: a=b", "ETag: e", "X-One: 2"}
	tests := []struct {
		expose string
		want   []string
	}{
		{"", []string{"content-type"}},
		{"Access-Control-Expose-Headers: x-one,, ETAG", []string{"content-type", "etag", "x-one"}},
		{"Access-Control-Expose-Headers: *", []string{"access-control-allow-origin", "access-control-expose-headers", "content-type", "etag", "x-one"}},
		{"Access-Control-Expose-Headers: x-one, (", []string{"content-type"}},
		{"Access-Control-Expose-Headers: set-cookie", []string{"content-type"}},
	}
	for _, tt := range tests {
		o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "https://api.example.net/"},
			func(context.Context, *WireRequest) (*WireResponse, error) {
				return answer(200, append(slices.Clone(head), tt.expose)...), nil
			})
		var got []string
		for _, h := range o.Response.Headers {
			if h.Name != "" {
				got = append(got, h.Name)
			}
			if h.Name == "x-one" && h.Value != "1, 2" {
				t.Errorf("x-one is %q", h.Value)
			}
			if !o.CanRead(h.Name) {
				t.Errorf("CanRead(%q) is false", h.Name)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: readable %q, want %q", tt.expose, got, tt.want)
		}
		if o.CanRead("Set-Cookie") || o.CanRead("X-Nothing") != strings.HasSuffix(tt.expose, "*") {
			t.Errorf("%q: CanRead is wrong about Set-Cookie or an absent header", tt.expose)
		}
	}
}

func TestConstructorThrows(t *testing.T) {
	tests := []Request{
		{URL: "https://u:p@api.example.net/"},
		{URL: "http://["},
		{URL: "/", Method: "TRACE"},
		{URL: "/", Method: EmptyMethod},
		{URL: "/", Method: "a b"},
		{URL: "/", Method: "PUT", Options: Options{Mode: ModeNoCORS}},
		{URL: "/", Options: Options{Mode: "navigate"}},
		{URL: "/", Options: Options{Cache: cacheOnlyIfCached}},
		{URL: "/", Headers: Headers{{"a b", "1"}}},
		{URL: "/", Headers: Headers{{"a", "1\n2"}}},
		{URL: "/", Body: &Body{Kind: BodyText}},
		{URL: "/", Method: "POST", Body: &Body{Kind: BodyStream}, Options: Options{Mode: ModeNoCORS}},
		{URL: "/", Options: Options{ReferrerPolicy: "never"}},
	}
	for _, req := range tests {
		o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &req, func(context.Context, *WireRequest) (*WireResponse, error) {
			t.Errorf("%+v reached the network", req)
			return nil, nil
		})
		if o.Result != Blocked || o.Error.Code != CodeTypeError || o.Error.Exception() == "" {
			t.Errorf("%+v: %s, %v", req, o.Result, o.Error)
		}
		if o.Origin != pageOrigin || o.Request.URL == "" || o.Request.Mode == "" || len(o.Request.Headers) != len(req.Headers) {
			t.Errorf("%+v is described as %+v from %q", req, o.Request, o.Origin)
		}
	}
	o := New(Config{}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), &Request{URL: "/x#y", Headers: Headers{{"a b", "1"}}}, nil)
	want := Request{
		URL: pageOrigin + "/x#y", Method: "GET", Headers: Headers{{"a b", "1"}},
		Options: Options{Mode: ModeCORS, Credentials: CredentialsSameOrigin, Redirect: redirectFollow, Cache: cacheDefault, Destination: DestinationFetch},
	}
	if !reflect.DeepEqual(o.Request, want) {
		t.Errorf("described as %+v, want %+v", o.Request, want)
	}
}

func TestTrace(t *testing.T) {
	s := &script{answers: map[string]*WireResponse{
		"OPTIONS https://api.example.net/": answer(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"),
		"PUT https://api.example.net/":     answer(200),
	}}
	req := &Request{URL: "https://api.example.net/", Method: "PUT"}
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	o := New(Config{Trace: true}).Fetch(t.Context(), page, req, s.exchange)
	var sections []string
	for _, st := range o.Steps {
		sections = append(sections, st.Section)
		if st.Text == "" {
			t.Errorf("step without text: %+v", st)
		}
	}
	for _, want := range []string{"concept-main-fetch", "cors-preflight-request", "cors-preflight-fetch", "cors-check"} {
		if !slices.Contains(sections, want) {
			t.Errorf("no step of section %q in %q", want, sections)
		}
	}
	last := o.Steps[len(o.Steps)-1]
	if last.OK || !strings.Contains(last.Text, string(CodeMissingAllowOriginHeader)) {
		t.Errorf("last step %+v", last)
	}
	if o := New(Config{}).Fetch(t.Context(), page, req, s.exchange); o.Steps != nil {
		t.Error("steps without Trace")
	}
}

func TestAllocations(t *testing.T) {
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	b := New(Config{})
	resp := answer(200, "Access-Control-Allow-Origin: *")
	req := &Request{URL: "https://api.example.net/v1/items"}
	exchange := func(context.Context, *WireRequest) (*WireResponse, error) { return resp, nil }
	if n := testing.AllocsPerRun(200, func() { b.Fetch(context.Background(), page, req, exchange) }); n > 12 {
		t.Errorf("a simple decision allocates %v times, at most 12", n)
	}
}

// FuzzFetch checks that the machine neither panics nor loops, and never gives
// script a cross-origin response without a grant.
func FuzzFetch(f *testing.F) {
	f.Add("GET", "https://api.example.net/", "X-A: 1", 200, "Access-Control-Allow-Origin: *", 204, "Access-Control-Allow-Headers: x-a", "cors", "include", uint8(0))
	f.Add("PUT", "/x", "Content-Type: a/b", 302, "Location: https://b.example.net/\nAccess-Control-Allow-Origin: null", 200, "Access-Control-Max-Age: 5", "no-cors", "omit", uint8(1))
	f.Fuzz(func(t *testing.T, method, url, reqHead string, status int, head string, pfStatus int, pfHead, mode, creds string, profile uint8) {
		page := mustPage(t, PageConfig{Origin: pageOrigin})
		req := &Request{URL: url, Method: method, Headers: answer(0, strings.Split(reqHead, "\n")...).Headers, Options: Options{Mode: Mode(mode), Credentials: Credentials(creds)}}
		actual, pre := answer(status, strings.Split(head, "\n")...), answer(pfStatus, strings.Split(pfHead, "\n")...)
		n := 0
		o := New(Config{Profile: Profile(profile % 4)}).Fetch(t.Context(), page, req, func(_ context.Context, w *WireRequest) (*WireResponse, error) {
			if n++; n > 2*(maxRedirects+1)*2 {
				t.Fatalf("%d requests", n)
			}
			if strings.ContainsAny(w.Method, " \r\n") {
				t.Fatalf("method %q on the wire", w.Method)
			}
			for _, h := range w.Headers {
				if !isToken(h.Name) || strings.ContainsAny(h.Value, "\r\n\x00") {
					t.Fatalf("header %q on the wire", h)
				}
			}
			if w.Kind == KindPreflight {
				return pre, nil
			}
			return actual, nil
		})
		if (o.Error == nil) != (o.Response != nil) || (o.Error == nil) != (o.Result == Allowed || o.Result == Opaque) {
			t.Fatalf("result %s, error %v, response %v", o.Result, o.Error, o.Response)
		}
		if o.Response != nil && o.Response.Type == TypeCORS && !actual.Headers.Has("Access-Control-Allow-Origin") {
			t.Fatalf("readable without a grant: %+v", actual)
		}
		if o.Error != nil {
			_ = o.Error.Error() + o.Error.Console(Chromium) + o.Error.Console(Firefox) + o.Error.Console(Safari) + o.Error.Exception()
		}
	})
}

func TestWebSocket(t *testing.T) {
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	for status, want := range map[int]Result{101: Allowed, 403: Blocked} {
		s := &script{answers: map[string]*WireResponse{"GET https://api.example.net/ws": answer(status)}}
		o := New(Config{}).Fetch(t.Context(), page, &Request{URL: "wss://api.example.net/ws", Options: Options{Destination: DestinationWebSocket}}, s.exchange)
		if o.Result != want || wireHeader(s.last, "Origin") != pageOrigin || !s.last.Credentials || wireHeader(s.last, "Sec-Fetch-Mode") != "websocket" {
			t.Errorf("status %d: %s, %v, request %+v", status, o.Result, o.Error, s.last)
		}
	}
	o := New(Config{}).Fetch(t.Context(), page, &Request{URL: "ws://api.example.net/ws", Options: Options{Destination: DestinationWebSocket}}, (&script{}).exchange)
	if o.Error == nil || o.Error.Reason != ReasonMixedContent {
		t.Errorf("ws on an https page: %v", o.Error)
	}
}

// TestNullOriginsShareNoPreflights checks that a request of an opaque page
// remembers only its own preflights, and none after a redirect tainted it, as
// in Chromium 156.
func TestNullOriginsShareNoPreflights(t *testing.T) {
	const a, b = "https://a.example/x", "https://b.example/x"
	ok := answer(204, "Access-Control-Allow-Origin: null", "Access-Control-Allow-Methods: PUT")
	to := func(u string) *WireResponse { return answer(307, "Access-Control-Allow-Origin: null", "Location: "+u) }
	tests := []struct {
		name       string
		first      *WireResponse
		preflights int // of 21 requests
	}{
		{"loop", to(a), 1},
		{"loop over another origin", to(b), 21},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{answers: map[string]*WireResponse{
				"OPTIONS " + a: ok, "PUT " + a: tt.first, "OPTIONS " + b: ok, "PUT " + b: to(a),
			}}
			page, err := NewPage(PageConfig{Origin: "null"})
			if err != nil {
				t.Fatal(err)
			}
			browser := New(Config{})
			for range 2 {
				s.asked = nil
				o := browser.Fetch(t.Context(), page, &Request{URL: a, Method: "PUT"}, s.exchange)
				if o.Error == nil || o.Error.Code != codeTooManyRedirects {
					t.Fatalf("got %v, want too many redirects", o.Error)
				}
				if got := len(s.asked) - 21; got != tt.preflights {
					t.Errorf("%d preflights, want %d: %v", got, tt.preflights, s.asked)
				}
			}
		})
	}
}

// TestReplaceCharsets checks against what Chromium 156 sent for texts and forms
// of XMLHttpRequest.
func TestReplaceCharsets(t *testing.T) {
	for in, want := range map[string]string{
		"text/plain":                           "text/plain",
		"text/plain;charset=utf-8":             "text/plain;charset=UTF-8",
		`text/plain; charset="x"`:              `text/plain; charset="UTF-8"`,
		"text/plain;charset='x'":               "text/plain;charset='UTF-8'",
		"text/plain ; CHARSET = x; charset=y":  "text/plain ; CHARSET = UTF-8; charset=UTF-8",
		"a b;charset=x;y=z":                    "a b;charset=UTF-8;y=z",
		"text/plain,charset=x":                 "text/plain,charset=x",
		"charset=x":                            "charset=x",
		"text/plain;charset=":                  "text/plain;charset=",
		"text/plain;xcharset=y":                "text/plain;xcharset=y",
		"text/plain;charset=utf-8,x/y;charset": "text/plain;charset=UTF-8;charset",
	} {
		if got := replaceCharsets(in); got != want {
			t.Errorf("replaceCharsets(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestRefusedRedirects checks which of several reasons is given, against
// Chromium 156.
func TestRefusedRedirects(t *testing.T) {
	const a = "https://app.example.com/x"
	for _, tt := range []struct {
		mode     Mode
		redirect string
		location string
		want     Code
		quiet    bool
	}{
		{ModeCORS, redirectError, "data:,x", codeUnsafeRedirect, true},
		{ModeCORS, redirectError, "https://u:p@b.example/", CodeRedirectContainsCredentials, false},
		{ModeNoCORS, redirectFollow, "https://u:p@b.example/", CodeAborted, true},
		{ModeSameOrigin, redirectError, "https://u:p@b.example/", CodeFailed, true},
		{ModeSameOrigin, redirectFollow, "https://b.example/", CodeAborted, false},
		{ModeSameOrigin, redirectFollow, "https://b.example:9/", CodeAborted, false},
		{ModeSameOrigin, redirectFollow, "x:y", CodeAborted, false},
	} {
		s := &script{answers: map[string]*WireResponse{"GET " + a: answer(302, "Location: "+tt.location)}}
		page, err := NewPage(PageConfig{Origin: pageOrigin})
		if err != nil {
			t.Fatal(err)
		}
		e := New(Config{}).Fetch(t.Context(), page, &Request{URL: a, Options: Options{Mode: tt.mode, Redirect: tt.redirect}}, s.exchange).Error
		if e == nil || e.Code != tt.want || (e.Console(Chromium) == "") != tt.quiet {
			t.Errorf("%s %s %s: got %v, want %s, nothing on the console: %t", tt.mode, tt.redirect, tt.location, e, tt.want, tt.quiet)
		}
	}
}

// TestInheritedFragment checks that a redirect inherits the fragment of the URL
// before it; in Chromium, only if it is not empty.
func TestInheritedFragment(t *testing.T) {
	for _, tt := range []struct {
		profile    Profile
		from, want string
	}{
		{Chromium, "#f", "#f"}, {Chromium, "#", ""}, {Chromium, "", ""}, {Standard, "#f", "#f"}, {Standard, "#", "#"}, {Standard, "", ""},
	} {
		const a, b = "https://a.example/x", "https://b.example/y"
		s := &script{answers: map[string]*WireResponse{
			"GET " + a: answer(302, "Location: "+b, "Access-Control-Allow-Origin: *"), "GET " + b: answer(200),
		}}
		page, err := NewPage(PageConfig{Origin: pageOrigin})
		if err != nil {
			t.Fatal(err)
		}
		o := New(Config{Profile: tt.profile}).Fetch(t.Context(), page, &Request{URL: a + tt.from}, s.exchange)
		if o.Error == nil || o.Error.URL != b+tt.want {
			t.Errorf("%s: %q gives %v, want %s", tt.profile, tt.from, o.Error, b+tt.want)
		}
	}
}
