package stacks

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

// TestFixFor checks that a fix has the advice, what to install, and the lines to
// paste.
func TestFixFor(t *testing.T) {
	s := &Stack{
		Name: "sample", Title: "Sample",
		Snippet: func(p *cors.Policy) Snippet {
			return Snippet{File: "app.js", Place: "before the routes", Install: "npm install sample", Code: "use({\n  origin: '" + p.AllowOrigins[0] + "'\n})", Shortfall: gaps("It has a gap.")}
		},
		Advice: map[string]Advice{
			"only": {Text: "Do this.", Only: true},
			"own":  {Text: "Do that.", Code: func(*cors.Policy) Snippet { return Snippet{Code: "that"} }},
		},
	}
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com"}}
	for _, c := range []struct {
		slug   string
		policy *cors.Policy
		want   string
	}{
		{"other", p, "Install what it needs:\n    npm install sample\nFor Sample, usually in app.js, before the routes:\n    use({\n      origin: 'https://app.example.com'\n    })\nNote: It has a gap."},
		{"other", nil, ""},
		{"only", p, "Do this."},
		{"own", p, "Do that.\nFor Sample:\n    that"},
		{"own", nil, "Do that."},
	} {
		if fix := FixFor(s, c.slug, c.policy); fix.Text != c.want || fix.Stack != "sample" {
			t.Errorf("%s: %+v, want %q", c.slug, fix, c.want)
		}
	}
}

// TestFixForChange offers the command that changes a project, if it can and flags
// can say all that is wanted.
func TestFixForChange(t *testing.T) {
	s := &Stack{
		Name: "sample", Title: "Sample", Snippet: func(*cors.Policy) Snippet { return Snippet{Code: "cors"} },
		Source: &Source{Change: func(*source.Tree, []*Site, *Want) (*Change, error) { return nil, ErrNotHere }},
		Advice: map[string]Advice{"own": {Text: "Do that.", Code: func(*cors.Policy) Snippet { return Snippet{Code: "that"} }}},
	}
	const head = "For Sample:\n    cors"
	offer := func(flags string) string {
		return head + "\nOr let corsac change the project in the folder DIR:\n    corsac fix DIR " + flags
	}
	for _, c := range []struct {
		policy cors.Policy
		want   string
	}{
		{cors.Policy{AllowOrigins: []string{"http://localhost:3000"}}, offer("--allow-origin http://localhost:3000")},
		{
			cors.Policy{AllowOrigins: []string{"https://*.example.org"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"X-A"}, ExposeHeaders: []string{"X-B"}, AllowCredentials: true, MaxAge: cors.CacheFor(60e9)},
			offer("--allow-origin 'https://*.example.org' --allow-method PUT --allow-header X-A --expose-header X-B --allow-credentials"),
		},
		{cors.Policy{AllowOrigins: []string{"http://plain.example"}, AllowCredentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true}, head},
		{cors.Policy{AllowOrigins: []string{"https://a.example"}, DangerouslyAllowOriginRegexps: []string{"https://b[0-9]\\.example"}}, head},
	} {
		if got := FixFor(s, "other", &c.policy).Text; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := FixFor(s, "own", &cors.Policy{AllowOrigins: []string{"https://a.example"}}).Text; got != "Do that.\nFor Sample:\n    that" {
		t.Errorf("%q", got)
	}
}
