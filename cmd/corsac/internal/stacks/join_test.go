package stacks

import "testing"

// TestJointRename checks that only names of a configuration are renamed, and never
// what is in quotes.
func TestJointRename(t *testing.T) {
	j := &Joint{Name: "a-b"}
	const code = "map $cors_origin $cors_preflight {\n \"~^$cors_origin`$\" $cors_origin; }"
	const want = "map $cors_a_b_origin $cors_preflight {\n \"~^$cors_origin`$\" $cors_a_b_origin; }"
	if got := j.rename(code, "$cors_", "`\""); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
