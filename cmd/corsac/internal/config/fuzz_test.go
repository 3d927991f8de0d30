package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
)

// FuzzParse: whatever the file, there is a configuration or there are mistakes,
// each in the file, and what was read can be written and read again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(worked))
	f.Add([]byte("x: &x {allow_origins: [a]}\npolicies: {a: {<<: *x, max_age: 1e3}, b: *x}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("x", data)
		if err == nil {
			checkRoundTrip(t, c.Policies)
			c.Notes()
			return
		}
		var mistakes config.Errors
		if !errors.As(err, &mistakes) || len(mistakes) == 0 {
			t.Fatalf("error %v", err)
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

// FuzzPolicyRoundTrip: a policy that is right is the same after it has been
// written and read.
func FuzzPolicyRoundTrip(f *testing.F) {
	f.Add("https://app.example.com\nhttps://*.example.org\nhttp://localhost:*", "PUT\nPATCH", "X-A\ncontent-type", "X-B", true, int64(3600), 200, "")
	f.Add("*", "*", "*\nAuthorization", "*", false, int64(-1), 0, "")
	f.Add("null", "no\ny\n~", "1\n0x1\n.inf", "<<\n=", false, int64(0), 204, "https://[a-z]+\\.example\\.com\nhttps://\"'\t#: - é")
	f.Fuzz(func(t *testing.T, origins, methods, headers, expose string, credentials bool, age int64, status int, regexps string) {
		p := cors.Policy{
			AllowOrigins: split(origins), AllowMethods: split(methods), AllowHeaders: split(headers), ExposeHeaders: split(expose),
			AllowCredentials: credentials, PreflightStatus: status, DangerouslyAllowOriginRegexps: split(regexps),
			DangerouslyAllowNullOrigin: status%2 == 0, DangerouslyAllowInsecureOriginsWithCredentials: age%2 == 0,
			DangerouslyAllowPublicSuffixesWithCredentials: age%3 == 0,
		}
		if age >= 0 {
			p.MaxAge = cors.CacheFor(time.Duration(age) * time.Second)
		}
		if _, err := cors.New(p); err != nil {
			return
		}
		checkRoundTrip(t, map[string]cors.Policy{"p": p})
	})
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func checkRoundTrip(t *testing.T, policies map[string]cors.Policy) {
	t.Helper()
	data := config.MarshalPolicies(policies)
	c, err := config.Parse("written", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if len(c.Policies) != len(policies) {
		t.Fatalf("%d policies, want %d\n%s", len(c.Policies), len(policies), data)
	}
	for name, want := range policies {
		got := c.Policies[name]
		for _, list := range []*[]string{&want.AllowOrigins, &want.AllowMethods, &want.AllowHeaders, &want.ExposeHeaders, &want.DangerouslyAllowOriginRegexps} {
			if len(*list) == 0 {
				*list = nil // an empty list is not written
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v\n%s", got, want, data)
		}
	}
}
