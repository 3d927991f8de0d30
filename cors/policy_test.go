package cors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// TestConfigErrors gives New a policy with every mistake and compares the whole
// message: a line per mistake, with what to write instead.
func TestConfigErrors(t *testing.T) {
	_, err := cors.New(cors.Policy{
		AllowOrigins: []string{
			"https://ok.example", "https://example.com/", "https://Example.com", "example.com", "https://example.com:443",
			"https://a.example,https://b.example", "null", "file:///x", "*", "https://api.*.example", "http://plain.example",
			"https://*.github.io", "http://localhost:3000", "capacitor://localhost", "https://example.com.",
		},
		AllowMethods:                  []string{"PUT", "", "GET POST", "connect", "Trace", "*"},
		AllowHeaders:                  []string{"X-Ok", "*", "x a", "Cookie", "Sec-Fetch-Mode", "Access-Control-Allow-Origin", strings.Repeat("x", 257)},
		ExposeHeaders:                 []string{"X-Ok", "*", "Set-Cookie", "Access-Control-Allow-Origin", "Origin", "é"},
		AllowCredentials:              true,
		MaxAge:                        cors.CacheFor(25 * time.Hour),
		PreflightStatus:               301,
		DangerouslyAllowOriginRegexps: []string{"(", ".*", "a)|(b", `https://[a-z]\.example`},
	})
	want := `AllowOrigins[1]: "https://example.com/": an origin has no slash at its end; write "https://example.com"
AllowOrigins[2]: "https://Example.com": browsers send origins in lower case; write "https://example.com"
AllowOrigins[3]: "example.com": it has no scheme; write "https://example.com"
AllowOrigins[4]: "https://example.com:443": browsers leave out the default port; write "https://example.com"
AllowOrigins[5]: "https://a.example,https://b.example": it is a list; write each origin as a separate entry
AllowOrigins[6]: "null": any website can send the origin null, from a sandboxed frame; serve the page over http or https and list its origin; if you must, set DangerouslyAllowNullOrigin
AllowOrigins[7]: "file:///x": pages from files have the origin null; serve them over http
AllowOrigins[8]: "*": with credentials, every website could read the data of your users, so browsers refuse it; list the origins, or drop AllowCredentials
AllowOrigins[8]: "*": it allows every origin, which makes the others pointless; drop it, or drop the others
AllowOrigins[9]: "https://api.*.example": a * may only stand for the leftmost labels of a domain (https://*.example.com) or for the port (http://localhost:*)
AllowOrigins[10]: "http://plain.example": with credentials, anyone on the network path to a plain http page could read the data of its users; write "https://plain.example"; if you must, set DangerouslyAllowInsecureOriginsWithCredentials
AllowOrigins[11]: "https://*.github.io": with credentials, anyone who registers a name there could read the data of your users: alice.github.io and bob.github.io have different owners; list the subdomains that are yours; if you must, set DangerouslyAllowPublicSuffixesWithCredentials
DangerouslyAllowOriginRegexps[0]: "(": it is not an RE2 expression: error parsing regexp: missing closing ): ` + "`(`" + `; see https://pkg.go.dev/regexp/syntax
DangerouslyAllowOriginRegexps[1]: ".*": it matches every website, which could then read the data of your users; write an expression that matches your own domains only, or drop AllowCredentials
DangerouslyAllowOriginRegexps[2]: "a)|(b": it is not an RE2 expression: error parsing regexp: unexpected ): ` + "`a)|(b`" + `; see https://pkg.go.dev/regexp/syntax
AllowMethods[1]: "": it is not a method; list each method separately, such as "PUT"
AllowMethods[2]: "GET POST": it is not a method; list each method separately, such as "PUT"
AllowMethods[3]: "connect": browsers never send it; drop it
AllowMethods[4]: "Trace": browsers never send it; drop it
AllowMethods[5]: "*": it stands for all, which makes the others pointless; drop it, or drop the others
AllowHeaders[2]: "x a": it is not a header name; list each name separately, such as "Content-Type"
AllowHeaders[3]: "Cookie": browsers never let scripts set it, so it need not be allowed; drop it
AllowHeaders[4]: "Sec-Fetch-Mode": browsers never let scripts set it, so it need not be allowed; drop it
AllowHeaders[5]: "Access-Control-Allow-Origin": it is a response header; this list is of request headers that pages may set; drop it; the middleware sends it where needed
AllowHeaders[6]: "` + strings.Repeat("x", 100) + `…": it has more than 256 bytes; list each name separately, such as "Content-Type"
ExposeHeaders[1]: "*": with credentials, browsers read it as the name of a header; list the headers that pages read
ExposeHeaders[2]: "Set-Cookie": browsers never let scripts read it; drop it
ExposeHeaders[3]: "Access-Control-Allow-Origin": it is a CORS header, which is for the browser, not for scripts; drop it
ExposeHeaders[4]: "Origin": it is a CORS header, which is for the browser, not for scripts; drop it
ExposeHeaders[5]: "é": it is not a header name; list each name separately, such as "Content-Type"
ExposeHeaders[1]: "*": it stands for all, which makes the others pointless; drop it, or drop the others
MaxAge: "25h0m0s": it is not a whole number of seconds from 0 to 86400; write a duration up to "24h"; Chromium caps it at 2h, Safari at 10m
PreflightStatus: "301": browsers accept a preflight only with a status from 200 to 299; write 204, or 200 for old clients`
	if err == nil {
		t.Fatal("no error")
	}
	diffLines(t, err.Error(), want)
}

func diffLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d:\n got %s\nwant %s", i+1, a, b)
		}
	}
}

// TestManyOwners checks that patterns and expressions that match names of
// different owners are refused with credentials, with an example, unless the
// field for that is set.
func TestManyOwners(t *testing.T) {
	for _, c := range []struct{ origin, regexp, example string }{
		{origin: "https://*.github.io", example: "alice.github.io and bob.github.io"},
		{origin: "https://*.github.io.:*", example: "alice.github.io and bob.github.io"},
		{origin: "https://*.amazonaws.com", example: "alice.amazonaws.com and "},
		{origin: "https://*.googleusercontent.com", example: "alice.googleusercontent.com and bob.googleusercontent.com"},
		{origin: "https://*.compute.amazonaws.com", example: "alice.shop.compute.amazonaws.com and bob.shop.compute.amazonaws.com"},
		{origin: "https://*.windows.net", example: "alice.windows.net and "},
		{origin: "https://*.core.windows.net:8443", example: "alice.core.windows.net and "},
		{origin: "https://*.usercontent.goog"},
		{origin: "https://*.digitaloceanspaces.com"},
		{origin: "https://*.ck", example: "alice.shop.ck and bob.shop.ck"},
		{origin: "https://*.np"},
		{origin: "https://*.mm"},
		{origin: "https://*.kh"},
		{origin: "https://*.fk"},
		{origin: "https://*.pg"},
		{origin: "https://*.jm"},
		{origin: "https://*.er:*"},
		{origin: "https://*.za"},
		{origin: "https://*.foo.ck"},
		{origin: "https://*.kawasaki.jp"},
		{origin: "https://*.xn--55qx5d.cn"}, // IDN
		{origin: "https://*.xn--p1ai"},
		{regexp: `https://.*\.com`, example: `"https://a.com" and "https://aa.com"`},
		{regexp: `https://(example\.com|example\.org)`, example: `"https://example.com" and "https://example.org"`},
		{regexp: `https://.*example\.com`, example: `"https://example.com" and "https://aexample.com"`},
		{regexp: `https://app.example.com`, example: `"https://app.example.com" and "https://appaexample.com"`},
		{regexp: `(?i)HTTPS://[a-z]+\.github\.io(:\d+)?`, example: `"https://a.github.io" and "https://aa.github.io"`},
		{regexp: `https://x\bexample\.com`, example: "which cannot be decided: what it matches depends on"},
	} {
		p := cors.Policy{AllowCredentials: true}
		if c.origin != "" {
			p.AllowOrigins = []string{c.origin}
		} else {
			p.DangerouslyAllowOriginRegexps = []string{c.regexp}
		}
		_, err := cors.New(p)
		var e *cors.ConfigError
		if !errors.As(err, &e) || e.Code != cors.CodeOriginPublicSuffix || !strings.Contains(e.Why, c.example) {
			t.Errorf("%s%s: got %v, want %s with %s", c.origin, c.regexp, err, cors.CodeOriginPublicSuffix, c.example)
		}
		without := p
		without.AllowCredentials = false
		mustNew(t, without)
		p.DangerouslyAllowPublicSuffixesWithCredentials = true
		mustNew(t, p)
	}
}

// TestOneOwner checks that patterns and expressions that match names of one
// owner, or of nobody, are accepted with credentials.
func TestOneOwner(t *testing.T) {
	for _, s := range []string{
		"https://*.example.com", "https://*.example.com:*", "https://*.me.github.io", "https://*.www.ck", "https://*.city.kawasaki.jp",
		"http://*.localhost:*", "https://*.localhost", "https://*.corp", "https://*.example.com.", "https://*.bucket.s3.amazonaws.com",
		"https://*.xn--bcher-kva.example", "https://127.0.0.1:*", "https://s3.amazonaws.com", "https://foo.ck",
	} {
		mustNew(t, cors.Policy{AllowOrigins: []string{s}, AllowCredentials: true})
	}
	for _, s := range []string{
		`https://(a|b)\.example\.com(:\d+)?`, `^https?://([^/]+\.)?example\.co\.uk(:\d{1,5})?$`, `(?i)https://[a-z]+\.example\.com`,
		`http://localhost:[0-9]+`, `https?://192\.168\.\d+\.\d+(:\d+)?`, `https://[a-z]+\.corp`, `https://example.com`,
		`https://.*\.www\.ck`, `https://[a-z]+\.me\.github\.io`, `https://example\.com/.*`,
	} {
		mustNew(t, cors.Policy{DangerouslyAllowOriginRegexps: []string{s}, AllowCredentials: true})
	}
}

// TestConfigError compares the field, index, value and code of single mistakes.
func TestConfigError(t *testing.T) {
	one := func(p cors.Policy) cors.Policy {
		if p.AllowOrigins == nil {
			p.AllowOrigins = []string{app}
		}
		return p
	}
	for _, c := range []struct {
		policy cors.Policy
		field  string
		index  int
		value  string
		code   cors.Code
	}{
		{cors.Policy{}, "allow_origins", -1, "", cors.CodeOriginMissing},
		{cors.Policy{AllowOrigins: []string{}}, "allow_origins", -1, "", cors.CodeOriginMissing},
		{cors.Policy{AllowOrigins: []string{app, ""}}, "allow_origins", 1, "", cors.CodeOriginInvalid},
		{cors.Policy{AllowOrigins: []string{"null"}}, "allow_origins", 0, "null", cors.CodeOriginProhibited},
		{cors.Policy{AllowOrigins: []string{"file://"}}, "allow_origins", 0, "file://", cors.CodeOriginProhibited},
		{cors.Policy{AllowOrigins: []string{"*", app}}, "allow_origins", 0, "*", cors.CodeWildcardMixed},
		{cors.Policy{AllowOrigins: []string{"*"}, DangerouslyAllowOriginRegexps: []string{"a"}}, "allow_origins", 0, "*", cors.CodeWildcardMixed},
		{cors.Policy{AllowOrigins: []string{"*"}, AllowCredentials: true}, "allow_origins", 0, "*", cors.CodeWildcardCredentials},
		{cors.Policy{AllowOrigins: []string{"http://*.example.com:*"}, AllowCredentials: true}, "allow_origins", 0, "http://*.example.com:*", cors.CodeOriginInsecure},
		{cors.Policy{AllowOrigins: []string{"https://*.com"}, AllowCredentials: true}, "allow_origins", 0, "https://*.com", cors.CodeOriginPublicSuffix},
		{cors.Policy{DangerouslyAllowOriginRegexps: []string{"["}}, "dangerously_allow_origin_regexps", 0, "[", cors.CodeRegexpInvalid},
		{one(cors.Policy{AllowMethods: []string{"*", "PUT"}}), "allow_methods", 0, "*", cors.CodeWildcardMixed},
		{one(cors.Policy{AllowMethods: []string{"PUT", "a b"}}), "allow_methods", 1, "a b", cors.CodeMethodInvalid},
		{one(cors.Policy{AllowMethods: []string{"track"}}), "allow_methods", 0, "track", cors.CodeMethodForbidden},
		{one(cors.Policy{AllowHeaders: []string{""}}), "allow_headers", 0, "", cors.CodeHeaderInvalid},
		{one(cors.Policy{AllowHeaders: []string{"proxy-x"}}), "allow_headers", 0, "proxy-x", cors.CodeHeaderForbidden},
		{one(cors.Policy{AllowHeaders: []string{"Access-Control-Request-Method"}}), "allow_headers", 0, "Access-Control-Request-Method", cors.CodeHeaderForbidden},
		{one(cors.Policy{AllowHeaders: []string{"access-control-max-age"}}), "allow_headers", 0, "access-control-max-age", cors.CodeHeaderProhibited},
		{one(cors.Policy{ExposeHeaders: []string{"set-cookie2"}}), "expose_headers", 0, "set-cookie2", cors.CodeHeaderForbidden},
		{one(cors.Policy{ExposeHeaders: []string{"*", "x-a"}}), "expose_headers", 0, "*", cors.CodeWildcardMixed},
		{one(cors.Policy{ExposeHeaders: []string{"*"}, AllowCredentials: true}), "expose_headers", 0, "*", cors.CodeWildcardCredentials},
		{one(cors.Policy{MaxAge: cors.CacheFor(-time.Second)}), "max_age", -1, "-1s", cors.CodeMaxAgeRange},
		{one(cors.Policy{MaxAge: cors.CacheFor(time.Second + 1)}), "max_age", -1, "1.000000001s", cors.CodeMaxAgeRange},
		{one(cors.Policy{MaxAge: cors.CacheFor(24*time.Hour + time.Second)}), "max_age", -1, "24h0m1s", cors.CodeMaxAgeRange},
		{one(cors.Policy{PreflightStatus: 199}), "preflight_status", -1, "199", cors.CodeStatusRange},
		{one(cors.Policy{PreflightStatus: 300}), "preflight_status", -1, "300", cors.CodeStatusRange},
	} {
		_, err := cors.New(c.policy)
		var all cors.ConfigErrors
		if !errors.As(err, &all) || len(all) != 1 {
			t.Errorf("%s: got %v, want one error %s", c.field, err, c.code)
			continue
		}
		if e := all[0]; e.Field != c.field || e.Index != c.index || e.Value != c.value || e.Code != c.code {
			t.Errorf("got %s[%d] %q %s, want %s[%d] %q %s", e.Field, e.Index, e.Value, e.Code, c.field, c.index, c.value, c.code)
		}
	}
	_, err := cors.New(cors.Policy{AllowOrigins: []string{app + "/"}})
	var cause *origin.Error
	if !errors.As(err, &cause) || cause.Code != origin.CodeTrailingSlash {
		t.Errorf("the cause of %v is %v", err, cause)
	}
}

func TestDangerousFields(t *testing.T) {
	for _, p := range []cors.Policy{
		{AllowOrigins: []string{"null"}, AllowCredentials: true, DangerouslyAllowNullOrigin: true},
		{AllowOrigins: []string{"http://plain.example"}, AllowCredentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true},
		{AllowOrigins: []string{"https://*.github.io"}, AllowCredentials: true, DangerouslyAllowPublicSuffixesWithCredentials: true},
		{DangerouslyAllowOriginRegexps: []string{".*"}},
		{AllowOrigins: []string{"http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*", "http://app.localhost"}, AllowCredentials: true},
		{AllowOrigins: []string{"capacitor://localhost", "chrome-extension://abc"}, AllowCredentials: true},
	} {
		if _, err := cors.New(p); err != nil {
			t.Errorf("%v: %v", p.AllowOrigins, err)
		}
	}
	m := mustNew(t, cors.Policy{AllowOrigins: []string{"null"}, DangerouslyAllowNullOrigin: true})
	if got := serve(m.Wrap(ok), request("GET", "Origin", "null")).Header().Get("Access-Control-Allow-Origin"); got != "null" {
		t.Errorf("null is answered by %q", got)
	}
}

func TestPolicyReadsBackNormalised(t *testing.T) {
	given := cors.Policy{
		AllowOrigins:  []string{"https://b.example", "https://a.example", "https://b.example"},
		AllowMethods:  []string{"put", "GET", "patch", "PUT", "DELETE"},
		AllowHeaders:  []string{"X-B", "content-type", "x-b", "Accept"},
		ExposeHeaders: []string{"X-B", "Content-Type", "x-a"},
		MaxAge:        cors.CacheFor(0),
	}
	m := mustNew(t, given)
	got := m.Policy()
	want := cors.Policy{
		AllowOrigins:  []string{"https://a.example", "https://b.example"},
		AllowMethods:  []string{"DELETE", "PUT", "patch"},
		AllowHeaders:  []string{"accept", "content-type", "x-b"},
		ExposeHeaders: []string{"x-a", "x-b"},
		MaxAge:        cors.CacheFor(0),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	got.AllowOrigins[0], given.AllowOrigins[0] = evil, evil
	if d := m.Decide(request("GET", "Origin", evil)); d.Allowed {
		t.Error("a change to a policy that was given or read back changed the middleware")
	}
	for _, c := range []struct{ given, want []string }{
		{[]string{"X-A", "*"}, []string{"*"}},
		{[]string{"authorization", "*", "X-A"}, []string{"*", "authorization"}},
	} {
		m := mustNew(t, cors.Policy{AllowOrigins: []string{app}, AllowHeaders: c.given})
		if got := m.Policy().AllowHeaders; !slices.Equal(got, c.want) {
			t.Errorf("%q reads back as %q, want %q", c.given, got, c.want)
		}
	}
}

func TestPolicyJSON(t *testing.T) {
	const in = `{"allow_origins":["https://app.example.com"],"allow_methods":["PUT"],"allow_headers":["X-A"],` +
		`"expose_headers":["X-B"],"allow_credentials":true,"max_age":"1h","preflight_status":200}`
	var p cors.Policy
	if err := json.Unmarshal([]byte(in), &p); err != nil {
		t.Fatal(err)
	}
	if d, set := p.MaxAge.Duration(); d != time.Hour || !set || p.PreflightStatus != 200 || !p.AllowCredentials {
		t.Errorf("%s became %+v", in, p)
	}
	out, err := json.Marshal(mustNew(t, p).Policy())
	want := `{"allow_origins":["https://app.example.com"],"allow_methods":["PUT"],"allow_headers":["x-a"],` +
		`"expose_headers":["x-b"],"allow_credentials":true,"max_age":3600,"preflight_status":200}`
	if err != nil || string(out) != want {
		t.Errorf("got %s, %v; want %s", out, err, want)
	}
}

func TestMaxAge(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"null", "null"}, {"0", "0"}, {"3600", "3600"}, {`"1h"`, "3600"}, {`"90"`, "90"}, {`"1.5s"`, `"1.5s"`}, {`""`, "null"}, {"-2", "-2"},
	} {
		var m cors.MaxAge
		if err := json.Unmarshal([]byte(c.in), &m); err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if out, err := json.Marshal(m); err != nil || string(out) != c.out {
			t.Errorf("%s became %s, %v; want %s", c.in, out, err, c.out)
		}
	}
	for _, in := range []string{`"an hour"`, "1.5", "true", "[]", "99999999999999999999"} {
		if err := json.Unmarshal([]byte(in), new(cors.MaxAge)); err == nil {
			t.Errorf("%s is accepted", in)
		}
	}
	if s := fmt.Sprint(cors.MaxAge{}, cors.CacheFor(time.Hour)); s != "unset 1h0m0s" {
		t.Errorf("printed as %q", s)
	}
}

// TestPolicyShape checks properties of the type that users may rely on.
func TestPolicyShape(t *testing.T) {
	typ := reflect.TypeFor[cors.Policy]()
	if typ.Comparable() {
		t.Error("policies can be compared with ==")
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == "" {
			t.Errorf("%s has no name in JSON, nor in corsac.yaml, which takes it from there", f.Name)
		}
	}
}
