package stacks_test

import (
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestProof checks that the stacks that say that they are live, and only those, can
// be started, which package matrix does, and name their versions. Package schema
// checks those that are read by their own parser.
func TestProof(t *testing.T) {
	for _, s := range stacks.All() {
		live := s.Server != nil || s.Name == "traefik" // the library of which is
		if live != (s.Proof == stacks.Live) {
			t.Errorf("%s says %s, and can be started: %t", s.Name, s.Proof, live)
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
