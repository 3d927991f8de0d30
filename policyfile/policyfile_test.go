package policyfile_test

import (
	"errors"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
	"github.com/corsac-dev/corsac/origin"
	"github.com/corsac-dev/corsac/policyfile"
)

// everything is a policy with every field that a file can have, and its file.
var (
	everything = cors.Policy{
		AllowOrigins:                         []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000", "null"},
		AllowMethods:                         []string{"PUT", "M-SEARCH"},
		AllowHeaders:                         []string{"Authorization", "Content-Type", "X-Request-Id", "X-Correlation-Id", "X-Client-Version", "X-Client-Name"},
		ExposeHeaders:                        []string{"X-Total-Count"},
		AllowCredentials:                     true,
		MaxAge:                               cors.CacheFor(90 * time.Minute),
		PreflightStatus:                      200,
		AllowTiming:                          true,
		ResourcePolicy:                       "same-site",
		DangerouslyAllowOriginRegexps:        []string{`https://[a-z]+\.example\.net`},
		DangerouslyAllowNullOrigin:           true,
		DangerouslyAllowAllBrowserExtensions: true,
		DangerouslyAllowInsecureOriginsWithCredentials: true,
		DangerouslyAllowPublicSuffixesWithCredentials:  true,
	}
	everythingFile = `policies:
  "1":
    allow_origins: ["*"]
  all.of-it:
    allow_origins: [https://app.example.com, "https://*.example.org", http://localhost:3000, "null"]
    allow_methods: [PUT, M-SEARCH]
    allow_headers:
      - Authorization
      - Content-Type
      - X-Request-Id
      - X-Correlation-Id
      - X-Client-Version
      - X-Client-Name
    expose_headers: [X-Total-Count]
    allow_credentials: true
    max_age: 90m
    preflight_status: 200
    allow_timing: true
    resource_policy: same-site
    dangerously_allow_origin_regexps: ["https://[a-z]+\\.example\\.net"]
    dangerously_allow_null_origin: true
    dangerously_allow_all_browser_extensions: true
    dangerously_allow_insecure_origins_with_credentials: true
    dangerously_allow_public_suffixes_with_credentials: true
`
)

func TestEveryField(t *testing.T) {
	v := reflect.ValueOf(everything)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !strings.HasPrefix(f.Name, "AllowOriginFunc") && v.Field(i).IsZero() {
			t.Errorf("the test lacks %s", f.Name)
		}
	}
	byName := map[string]cors.Policy{"all.of-it": everything, "1": {AllowOrigins: []string{"*"}}}
	data, err := policyfile.Marshal(byName)
	if err != nil || string(data) != everythingFile {
		t.Errorf("%v\n%s\nwant:\n%s", err, data, everythingFile)
	}
	got, err := policyfile.Parse([]byte(everythingFile))
	if err != nil || !reflect.DeepEqual(got, byName) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOtherSections(t *testing.T) {
	const policy = "policies: {a: {allow_origins: [http://localhost:3000]}}\n"
	for _, other := range []string{
		"", "gateway: {listen: 8080, routes: nonsense}\n", "x-a: &a [1]\nfox: *a\n", "# comment\n---\n",
	} {
		got, err := policyfile.Parse([]byte(other + policy))
		if err != nil || got["a"].AllowOrigins[0] != "http://localhost:3000" || len(got) != 1 {
			t.Errorf("%q: %v, %v", other, got, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"", `policies: there is no policy; write one, such as policies: {app: {allow_origins: ["https://app.example.com"]}}`},
		{"policies:\n", `policies: there is no policy; write one, such as policies: {app: {allow_origins: ["https://app.example.com"]}}`},
		{"gateway: {}\nPolicys: {}\n", `2:1: Policys: there is no such field; did you mean policies?`},
		{"policies: [a]", `1:11: policies: it is a list, but must be a mapping of names to policies; write the name of each policy, such as "app:", in place of its dash`},
		{"policies: {a b: {allow_origins: ['*']}}", `1:12: policies.a b: "a b": it is not a name for a policy; write letters, digits, ".", "-" and "_", beginning with a letter or digit`},
		{"policies: {a: }", `1:12: policies.a.allow_origins: …`},
		{"policies:\n  a:\n    allow_origin: [x]\n", `3:5: policies.a.allow_origin: there is no such field; did you mean allow_origins?`},
		{"policies:\n  a:\n    allow_origins: [https://a.example/, 5, b]\n    max_age: soon", `3:21: policies.a.allow_origins[0]: "https://a.example/": an origin has no slash at its end; write "https://a.example"
3:41: policies.a.allow_origins[1]: "5": it is a number, but must be text; write "5" in quotes
3:44: policies.a.allow_origins[2]: "b": it has no scheme; write "https://b"
4:14: policies.a.max_age: "soon": it is not a duration; write one such as "1h", or a whole number of seconds`},
		{"policies: {a: {allow_origins: ['*'], max_age: 25h}}", `1:47: policies.a.max_age: "25h": it is not a whole number of seconds from 0 to 86400; …`},
		{"policies: {a: {allow_origins: [*]}}", `1:32: "*": YAML reads an unquoted asterisk as the name of an alias; write "*" with its quotes`},
	} {
		_, err := policyfile.Parse([]byte(c.input))
		start, some := strings.CutSuffix(c.want, "…")
		if err == nil || err.Error() != c.want && !(some && strings.HasPrefix(err.Error(), start)) {
			t.Errorf("%q:\n%v\nwant:\n%s", c.input, err, c.want)
		}
	}
}

// TestErrors: what a caller can get at.
func TestErrors(t *testing.T) {
	parsed, err := policyfile.Parse([]byte("policies:\n  a:\n    allow_origins: [https://a.example/]\n    allow_method: [PUT]\n"))
	var all policyfile.Errors
	if parsed != nil || !errors.As(err, &all) || len(all) != 2 {
		t.Fatalf("%v, %v", parsed, err)
	}
	var first *policyfile.Error
	if !errors.As(err, &first) || first != all[0] {
		t.Fatalf("the first is %v", first)
	}
	if first.Line != 3 || first.Column != 21 || first.Field != "policies.a.allow_origins[0]" || first.Value != "https://a.example/" ||
		first.Code != string(cors.CodeOriginInvalid) || first.Why == "" || first.Fix == "" {
		t.Errorf("%+v", first)
	}
	if line, caret := first.Excerpt(); line != "    allow_origins: [https://a.example/]" || caret != strings.Repeat(" ", 20)+"^" {
		t.Errorf("\n%s\n%s", line, caret)
	}
	var policy *cors.ConfigError
	var cause *origin.Error
	if !errors.As(err, &policy) || policy.Field != "allow_origins" || !errors.As(err, &cause) {
		t.Errorf("causes %v, %v", policy, cause)
	}
	if all[1].Code != policyfile.CodeFieldUnknown || all[1].Err != nil {
		t.Errorf("%+v", all[1])
	}
	if line, _ := (&policyfile.Error{Line: 1, Column: 2, Why: "it is so"}).Excerpt(); line != "" {
		t.Errorf("excerpt %q", line)
	}
}

// TestCodes: the codes that callers compare with are those of the reader.
func TestCodes(t *testing.T) {
	for code, internal := range map[string]string{
		policyfile.CodeTooLarge: yamlread.CodeTooLarge, policyfile.CodeEncoding: yamlread.CodeEncoding,
		policyfile.CodeTooManyMistakes: yamlread.CodeTooManyMistakes, policyfile.CodeSyntax: yamlread.CodeSyntax,
		policyfile.CodeTooDeep: yamlread.CodeTooDeep, policyfile.CodeTooManyAliases: yamlread.CodeTooManyAliases,
		policyfile.CodeAliasUnknown: yamlread.CodeAliasUnknown, policyfile.CodeDocuments: yamlread.CodeDocuments,
		policyfile.CodeDuplicateKey: yamlread.CodeDuplicateKey, policyfile.CodeFieldUnknown: yamlread.CodeFieldUnknown,
		policyfile.CodeFieldType: yamlread.CodeFieldType, policyfile.CodeDurationInvalid: yamlread.CodeDurationInvalid,
		policyfile.CodePoliciesMissing: policies.CodeMissing, policyfile.CodePolicyName: policies.CodeName,
	} {
		if code != internal {
			t.Errorf("code %s, but the reader's is %s", code, internal)
		}
	}
}

func TestMarshalErrors(t *testing.T) {
	good := cors.Policy{AllowOrigins: []string{"*"}}
	_, err := policyfile.Marshal(map[string]cors.Policy{
		"a":    good,
		"no a": good,
		"b":    {AllowOrigins: []string{"https://b.example/"}},
		"c":    {AllowOrigins: []string{"https://c.example"}, AllowOriginFunc: func(*http.Request, origin.Origin) bool { return true }},
	})
	want := `policy "b": AllowOrigins[0]: "https://b.example/": an origin has no slash at its end; write "https://b.example"
policy "c": a file cannot have AllowOriginFunc; list the origins, or leave the policy in Go
policy "no a": it is not a name for a policy; write letters, digits, ".", "-" and "_", beginning with a letter or digit`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant:\n%s", err, want)
	}
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
		t.Errorf("error %v without those of package cors", err)
	}
	if _, err := policyfile.Marshal(nil); err == nil {
		t.Error("a file without policies, which Parse refuses")
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		field  string
		values []string
		want   string
	}{
		{"allow_origins", []string{"https://app.example.com"}, "allow_origins: [https://app.example.com]"},
		{"allow_origins", []string{"https://*.a.example", "http://localhost:*", "null", "*"}, `allow_origins: ["https://*.a.example", "http://localhost:*", "null", "*"]`},
		{"allow_headers", nil, "allow_headers: []"},
		{"expose_headers", []string{"a]: {b}\n"}, `expose_headers: ["a]: {b}\n"]`},
		{"allow_credentials", []string{"true"}, "allow_credentials: true"},
		{"dangerously_allow_null_origin", []string{"false"}, "dangerously_allow_null_origin: false"},
		{"preflight_status", []string{"204"}, "preflight_status: 204"},
		{"max_age", []string{"3600"}, "max_age: 1h"},
		{"resource_policy", []string{"cross-origin"}, "resource_policy: cross-origin"},
		{"allow_origin", []string{"*"}, `a policy has no field "allow_origin"; did you mean allow_origins?`},
		{"allow_credentials", nil, "allow_credentials has one value, not 0"},
		{"allow_credentials", []string{"yes"}, `allow_credentials: "yes" is neither true nor false`},
		{"preflight_status", []string{"2xx"}, `preflight_status: "2xx" is not a whole number`},
		{"max_age", []string{""}, `max_age: "" is not a duration; write one such as "1h"`},
	} {
		got, err := policyfile.Line(c.field, c.values...)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("Line(%q, %q) = %s, want %s", c.field, c.values, got, c.want)
		}
	}
}

// TestBounds: whatever is in a file, it is read or refused in little time and
// memory. Those of YAML are tested in package yamlread.
func TestBounds(t *testing.T) {
	for _, c := range []struct{ name, input, code string }{
		{"size", "policies: {a: {allow_origins: ['*']}}\n#" + strings.Repeat("x", policyfile.MaxSize), policyfile.CodeTooLarge},
		{"regular expressions", "x: &r '" + strings.Repeat("x{1000}", 1000) + "'\npolicies: {a: {dangerously_allow_origin_regexps: [" +
			strings.Repeat("*r, ", 500) + "]}, b: {dangerously_allow_origin_regexps: [x]}}\n", policyfile.CodeTooLarge},
		{"a long name", "policies:\n  " + strings.Repeat("a", 20_000) + ": {allow_methods: [" + strings.Repeat("x,", 20_000) + "]}\n", policyfile.CodeTooLarge},
		{"aliases", "x: &o [" + strings.Repeat("'*',", 2000) + "]\npolicies:" + strings.Repeat("\n  a: {allow_origins: *o}", 2000), policyfile.CodeDuplicateKey},
		{"mistakes", "policies: {a: {allow_origins: [" + strings.Repeat("x,", 10_000) + "]}}", policyfile.CodeTooManyMistakes},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := policyfile.Parse([]byte(c.input))
			runtime.ReadMemStats(&after)
			if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 256 {
				t.Errorf("it took %d MiB", mib)
			}
			var mistakes policyfile.Errors
			if !errors.As(err, &mistakes) || !slices.ContainsFunc(mistakes, func(e *policyfile.Error) bool { return e.Code == c.code }) {
				t.Errorf("%.500v; want code %s", err, c.code)
			}
		})
	}
}
