package stacks

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// The stacks whose whole snippets are documents of a format, by the format.
var (
	jsonStacks = []string{"s3", "r2", "gcs", "api-gateway-http", "lambda-url", "cloudfront", "azure-app-service", "vercel", "firebase", "angular-cli"}
	yamlStacks = []string{"traefik", "envoy", "istio", "gateway-api", "ingress-nginx", "kong", "api-gateway-rest"}
	xmlStacks  = []string{"azure-api-management"}
)

// forms are other forms of stacks that are documents of a format, with a stack
// whose snippet is one, too.
var forms = map[string]struct{ name, like string }{
	"api-gateway-http": {"openapi", "traefik"},
	"api-gateway-rest": {"openapi", "traefik"},
	"traefik":          {"labels", "traefik"},
	"s3":               {"xml", "azure-api-management"},
}

// wellFormed says what is wrong with the code of a snippet.
func wellFormed(stack, code string) error {
	switch {
	case slices.Contains(jsonStacks, stack):
		return json.Unmarshal([]byte(code), new(any))
	case slices.Contains(yamlStacks, stack):
		if first, second, ok := strings.Cut(code, "\n\n# 2."); ok { // two documents to merge
			return errors.Join(wellFormed("kong", first), wellFormed("kong", "# 2."+second))
		}
		return yamlread.Parse(stack, []byte(code), func(d *yamlread.Decoder, root yamlread.Value) {})
	case slices.Contains(xmlStacks, stack):
		for d := xml.NewDecoder(strings.NewReader(code)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// TestFormats checks that snippets are documents of their formats.
func TestFormats(t *testing.T) {
	for name, p := range standardPolicies(t) {
		for _, stack := range slices.Concat(jsonStacks, yamlStacks, xmlStacks) {
			if err := wellFormed(stack, Lookup(stack).Snippet(&p).Code); err != nil {
				t.Errorf("%s for %s: %v", stack, name, err)
			}
		}
		for stack, form := range forms {
			if err := wellFormed(form.like, Lookup(stack).Form(form.name)(&p).Code); err != nil {
				t.Errorf("%s as %s for %s: %v", stack, form.name, name, err)
			}
		}
	}
	for stack, broken := range map[string]string{"s3": `{"a": "}`, "kong": "a: 'b'c'", "azure-api-management": "<a>&</a>"} {
		if wellFormed(stack, broken) == nil {
			t.Errorf("%s: wellFormed accepts %s", stack, broken)
		}
	}
}

// FuzzFormats checks that no policy breaks out of the format of a snippet: it
// has as many lines as with harmless values, and is still well-formed.
func FuzzFormats(f *testing.F) {
	f.Add("https://app.example.com", "X-One", "PATCH", `https://a\d\.example\.com`, true)
	f.Add("https://*.example.com:*", "X-$http_cookie", "$HOME", "https://(a|b)", false)
	f.Add("capacitor://localhost", "X-'`%h#!&^|~*+.", "M'%h", `https://"'#;{}\\ %\{`, true)
	f.Add("http://[::1]:*", "*", "*", "x\ny", true)
	f.Fuzz(func(t *testing.T, origin, header, method, expression string, credentials bool) {
		policyOf := func(header, method string) *cors.Policy {
			return &cors.Policy{
				AllowOrigins: []string{origin}, AllowHeaders: []string{header}, AllowMethods: []string{method}, ExposeHeaders: []string{"X-Total-Count"},
				AllowCredentials: credentials, DangerouslyAllowOriginRegexps: []string{expression},
			}
		}
		hostile := policyOf(header, method)
		if _, err := cors.New(*hostile); err != nil {
			t.Skip(err)
		}
		harmless := policyOf("X-One", "PATCH")
		if header == "*" {
			harmless.AllowHeaders = hostile.AllowHeaders
		}
		if method == "*" || slices.Contains(usualMethods, method) {
			harmless.AllowMethods = hostile.AllowMethods
		}
		for _, s := range All() {
			if s.Layer == Application || slices.Contains(jsonStacks, s.Name) {
				continue
			}
			got, want := s.Snippet(hostile).Code, s.Snippet(harmless).Code
			if err := wellFormed(s.Name, got); err != nil {
				t.Errorf("%s: %v\n%s", s.Name, err, got)
			}
			if lost := strings.Count(want, "\n") - strings.Count(got, "\n"); lost < 0 || lost > 5 {
				t.Errorf("%s has another shape:\n%s\nthan:\n%s", s.Name, got, want)
			}
		}
		for stack, form := range forms {
			if err := wellFormed(form.like, Lookup(stack).Form(form.name)(hostile).Code); err != nil {
				t.Errorf("%s as %s: %v", stack, form.name, err)
			}
		}
		for _, name := range jsonStacks {
			if err := wellFormed(name, Lookup(name).Snippet(hostile).Code); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
