package stacks

import (
	"testing"

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
