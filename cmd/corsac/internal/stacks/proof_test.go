package stacks_test

import (
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestProof checks that the stacks that say so, and only those, are read by their
// own parser, or can be run in their servers, which package matrix does, and that
// those name their versions.
func TestProof(t *testing.T) {
	want := map[string]stacks.Proof{"corsac": stacks.Schema, "traefik": stacks.Live} // TestCorsac, and a library
	for _, s := range stacks.All() {
		if s.Server != nil {
			want[s.Name] = stacks.Live
		}
		if s.Proof != want[s.Name] {
			t.Errorf("%s says %s, but is %s", s.Name, s.Proof, want[s.Name])
		}
		if s.Proof == stacks.Live && s.Versions == "" {
			t.Errorf("%s does not say in which version it is tested", s.Name)
		}
	}
}

// TestExpresses checks what is derived from the snippets.
func TestExpresses(t *testing.T) {
	for name, want := range map[string][]string{
		"nginx": nil, "jub0bs": {"regexps"}, "s3": {"regexps"}, "tomcat": {"wildcards", "any-port", "regexps"},
		"gcs": {"wildcards", "any-port", "regexps", "credentials"}, "firebase": {"list", "wildcards", "any-port", "regexps"},
	} {
		can, cannot := stacks.Lookup(name).Expresses()
		if !slices.Equal(cannot, want) || len(can)+len(cannot) != 7 {
			t.Errorf("%s cannot express %q, want %q; it can %q", name, cannot, want, can)
		}
	}
}
