package fetch

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestMessages checks texts that no recording covers, above all Safari's, and
// one per other browser.
func TestMessages(t *testing.T) {
	const url = "https://api.example.net/x"
	allow := "Access-Control-Allow-Origin: " + pageOrigin
	tests := []struct {
		name            string
		req             Request
		preflight       *WireResponse
		actual          *WireResponse
		firefox, safari string
	}{
		{
			"missing",
			Request{},
			nil, answer(404), "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 404.",
			"Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 404",
		},
		{
			"several",
			Request{},
			nil, answer(200, "Access-Control-Allow-Origin: a, b"), "does not match ‘a, b’).",
			"Access-Control-Allow-Origin cannot contain more than one origin.",
		},
		{
			"two lines",
			Request{},
			nil, answer(200, allow, allow), "(Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
			"Access-Control-Allow-Origin cannot contain more than one origin.",
		},
		{
			"wildcard",
			Request{Options: Options{Credentials: CredentialsInclude}},
			nil, answer(200, "Access-Control-Allow-Origin: *"), "at ‘https://api.example.net/x’. (Reason: Credential is not supported",
			"Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
		},
		{
			"credentials",
			Request{Options: Options{Credentials: CredentialsInclude}},
			nil, answer(200, allow), "(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
			`Credentials flag is true, but Access-Control-Allow-Credentials is not "true".`,
		},
		{
			"status",
			Request{Method: "PUT"},
			answer(404, allow), nil, "(Reason: CORS preflight response did not succeed). Status code: 404.",
			"Preflight response is not successful. Status code: 404",
		},
		{
			"method",
			Request{Method: "PUT"},
			answer(204, allow), nil, "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
			"Method PUT is not allowed by Access-Control-Allow-Methods.",
		},
		{
			"header",
			Request{Headers: Headers{{"X-Api-Key", "1"}}},
			answer(204, allow), nil, "header ‘x-api-key’ is not allowed according to",
			"Request header field X-Api-Key is not allowed by Access-Control-Allow-Headers.",
		},
		{
			"methods do not parse",
			Request{Method: "PUT"},
			answer(204, allow, "Access-Control-Allow-Methods: GET, PUT;DELETE"), nil, "invalid token ‘PUT;DELETE’ in CORS header ‘Access-Control-Allow-Methods’",
			"Header Access-Control-Allow-Methods has an invalid value: GET, PUT;DELETE",
		},
		{
			"userinfo",
			Request{},
			nil, answer(302, allow, "Location: https://u@b.example.net/"), "CORS request did not succeed). Status code: (null).",
			"redirection URL https://api.example.net/x has credentials",
		},
	}
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	for _, tt := range tests {
		for _, p := range []Profile{Firefox, Safari} {
			tt.req.URL = url
			o := New(Config{Profile: p}).Fetch(t.Context(), page, &tt.req, func(_ context.Context, w *WireRequest) (*WireResponse, error) {
				if w.Kind == KindPreflight {
					return tt.preflight, nil
				}
				return tt.actual, nil
			})
			if o.Error == nil {
				t.Errorf("%s, %s: not refused", tt.name, p)
				continue
			}
			got, want := o.Error.Console(Firefox), tt.firefox
			if p == Safari {
				got, want = o.Error.Console(Safari), tt.safari
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s, %s:\n%s\nwant\n%s", tt.name, p, got, want)
			}
		}
	}
}

// TestErrorHeader checks that an error is about the header that Chrome's
// console names.
func TestErrorHeader(t *testing.T) {
	named := regexp.MustCompile("Access-Control-[A-Za-z-]+")
	for _, code := range []Code{
		CodeWildcardOriginNotAllowed, CodeMissingAllowOriginHeader, CodeMultipleAllowOriginValues, CodeInvalidAllowOriginValue, CodeAllowOriginMismatch,
		CodeInvalidAllowCredentials, CodeCorsDisabledScheme, CodePreflightInvalidStatus, CodePreflightWildcardOriginNotAllowed,
		CodePreflightMissingAllowOriginHeader, CodePreflightMultipleAllowOriginValues, CodePreflightInvalidAllowOriginValue,
		CodePreflightAllowOriginMismatch, CodePreflightInvalidAllowCredentials, CodeInvalidAllowMethodsPreflightResponse,
		CodeInvalidAllowHeadersPreflightResponse, CodeMethodDisallowedByPreflightResponse, CodeHeaderDisallowedByPreflightResponse,
		CodeInsecureLocalNetwork, CodeLocalNetworkAccessPermissionDenied, CodeTypeError, CodeFailed,
	} {
		e := &Error{Code: code}
		if got, want := e.Header(), named.FindString(e.Console(Chromium)); got != want {
			t.Errorf("%s is about %q, but Chrome says: %s", code, got, e.Console(Chromium))
		}
	}
	for _, e := range []*Error{{Code: CodePreflightDisallowedRedirect}, {Code: CodeRedirectContainsCredentials}, {Code: CodeCorsDisabledScheme, target: true}} {
		if got := e.Header(); got != "Location" {
			t.Errorf("%s is about %q", e.Code, got)
		}
	}
}

func TestHeaderJSON(t *testing.T) {
	b, err := json.Marshal(Headers{{"a", "1"}})
	if err != nil || string(b) != `[["a","1"]]` {
		t.Errorf("%s, %v", b, err)
	}
	var list Headers
	if err := json.Unmarshal(b, &list); err != nil || list[0] != (Header{"a", "1"}) {
		t.Errorf("%v, %v", list, err)
	}
	if err := json.Unmarshal([]byte(`[{"a":1}]`), &list); err == nil {
		t.Error("an object was accepted as a header")
	}
}

func TestParseProfile(t *testing.T) {
	for p := range profiles {
		if got, err := ParseProfile(Profile(p).String()); err != nil || got != Profile(p) {
			t.Errorf("%s: %v, %v", Profile(p), got, err)
		}
	}
	if _, err := ParseProfile("netscape"); err == nil {
		t.Error("netscape is a profile")
	}
}
