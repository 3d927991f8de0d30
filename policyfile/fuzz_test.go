package policyfile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// FuzzParse: whatever the file, there are policies that package cors accepts, or
// mistakes, each in the file. Policies are the same once written and read again, by
// Marshal and, as JSON is YAML, by package encoding/json.
func FuzzParse(f *testing.F) {
	f.Add([]byte(everythingFile))
	f.Add([]byte("x: &x {allow_origins: [a]}\npolicies: {a: {<<: *x, max_age: 1e3}, b: *x}\n"))
	f.Add([]byte("x: &x {allow_origins: [http://localhost:3000]}\npolicies: {a: {<<: *x, max_age: 0}, b: *x}\n"))
	f.Add([]byte("policies:\n  a:\n    allow_origins: [https://example.com/, null, 3]\n    allow_method: [PUT]\n    allow_credentials: yes\n    max_age: 100h\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		policies, err := policyfile.Parse(data)
		var mistakes policyfile.Errors
		switch {
		case err == nil:
			checkPolicies(t, policies)
		case !errors.As(err, &mistakes) || len(mistakes) == 0 || policies != nil:
			t.Fatalf("error %v, policies %v", err, policies)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, e := range mistakes {
			if e.Code == "" || e.Why == "" || e.Line < 0 || e.Line > lines || e.Line > 0 && e.Column < 1 {
				t.Errorf("%+v", e)
			}
			e.Excerpt()
		}
	})
}

func checkPolicies(t *testing.T, policies map[string]cors.Policy) {
	t.Helper()
	if len(policies) == 0 {
		t.Error("no policy, and no error")
	}
	for name, p := range policies {
		if _, err := cors.New(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	data, err := policyfile.Marshal(policies)
	if err != nil {
		t.Fatal(err)
	}
	checkReads(t, string(data), policies)
	checkReads(t, asJSON(t, policies), policies)
}

func checkReads(t *testing.T, file string, want map[string]cors.Policy) {
	t.Helper()
	if got, err := policyfile.Parse([]byte(file)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v\n%s", got, err, want, file)
	}
}

func asJSON(t *testing.T, policies map[string]cors.Policy) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"policies": policies})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzStyles: a policy that is right reads the same however it is written: by
// Marshal, as JSON, and by a naive writer of YAML in a style that is drawn.
func FuzzStyles(f *testing.F) {
	f.Add("https://app.example.com\nhttps://*.example.org\nhttp://localhost:*", "PUT\nPATCH", "X-A\ncontent-type", "X-B", true, int64(3600), 200, "", uint16(0))
	f.Add("*", "*", "*\nAuthorization", "*", false, int64(-1), 0, "", uint16(0x1234))
	f.Add("null", "no\ny\n~", "1\n0x1\n.inf", "<<\n=", false, int64(0), 204, "https://[a-z]+\\.example\\.com\nhttps://\"'\t#: - é", uint16(0xffff))
	f.Fuzz(func(t *testing.T, origins, methods, headers, expose string, credentials bool, age int64, status int, regexps string, style uint16) {
		p := cors.Policy{
			AllowOrigins: split(origins), AllowMethods: split(methods), AllowHeaders: split(headers), ExposeHeaders: split(expose),
			AllowCredentials: credentials, PreflightStatus: status, DangerouslyAllowOriginRegexps: split(regexps),
			AllowTiming: age%2 == 1, ResourcePolicy: []string{"", "same-origin", "same-site", "cross-origin"}[style%4],
			DangerouslyAllowNullOrigin: status%2 == 0, DangerouslyAllowInsecureOriginsWithCredentials: age%2 == 0,
			DangerouslyAllowPublicSuffixesWithCredentials: age%3 == 0,
		}
		if age >= 0 {
			p.MaxAge = cors.CacheFor(time.Duration(age) * time.Second)
		}
		if _, err := cors.New(p); err != nil {
			return
		}
		policies := map[string]cors.Policy{"p": p, "q.1": {AllowOrigins: []string{"*"}}}
		checkPolicies(t, policies)
		checkReads(t, naive(t, policies, style), policies)
	})
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.ToValidUTF8(s, ""), "\n")
}

// naive writes policies as YAML. It knows of a policy only what its JSON says. The
// bits of style draw block or flow collections, the kinds of quotes, indentation,
// comments, and one form of a duration or another.
func naive(t *testing.T, policies map[string]cors.Policy, style uint16) string {
	t.Helper()
	var b strings.Builder
	draw := func() bool {
		style = style>>1 | style<<15
		return style&1 != 0
	}
	quote := func(s string) string {
		if draw() && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0xfeff }) {
			return "'" + strings.ReplaceAll(s, "'", "''") + "'"
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	b.WriteString("# by a naive writer\npolicies:\n")
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(policies))) {
		text, err := json.Marshal(policies[name])
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "    %s: # a policy\n", quote(name))
		for _, field := range slices.Sorted(maps.Keys(members)) {
			b.WriteString("     " + field + ":")
			switch value := members[field].(type) {
			case []any:
				items := make([]string, len(value))
				for i, item := range value {
					items[i] = quote(item.(string))
				}
				if draw() {
					b.WriteString("\n     - " + strings.Join(items, "\n\n     - "))
				} else {
					b.WriteString(" [ " + strings.Join(items, "\n        , ") + ",]")
				}
			case float64:
				number := strconv.Itoa(int(value))
				if field == "max_age" && draw() {
					number += "s"
				}
				b.WriteString(" " + number)
			case bool:
				b.WriteString(" " + []string{"true", "True"}[style&1])
			case string:
				b.WriteString("\n        " + quote(value))
			}
			b.WriteString(" # a comment\n")
		}
	}
	return b.String()
}
