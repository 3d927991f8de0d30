package check_test

import (
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
)

// TestUser checks that --user is the header that curl sends for it.
func TestUser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers []string
		user    string
		want    []string
		wrong   string
	}{
		{nil, "", nil, ""},
		{[]string{"X-A: 1"}, "fox:den:2", []string{"X-A: 1", "Authorization: Basic Zm94OmRlbjoy"}, ""},
		{nil, "fox", nil, "--user has no password; write USER:PASSWORD"},
		{[]string{"authorization: x"}, "fox:den", []string{"authorization: x"}, "--user and --header 'Authorization: …' set the same header; use one of them"},
	} {
		s := check.Spec{Headers: c.headers}
		wrong := ""
		if err := s.SetUser(c.user); err != nil {
			wrong = err.Error()
		}
		if wrong != c.wrong || !slices.Equal(s.Headers, c.want) {
			t.Errorf("%q: %q, %q; want %q, %q", c.user, s.Headers, wrong, c.want, c.wrong)
		}
	}
}
