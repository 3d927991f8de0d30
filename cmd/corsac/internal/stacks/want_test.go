package stacks

import (
	"slices"
	"testing"
)

// TestWantBesideAll checks what comes of * if something is to be allowed besides.
func TestWantBesideAll(t *testing.T) {
	draft := &Draft{Entries: []Entry{{Field: "allow_origins", Value: "*"}, {Field: "allow_methods", Value: "*"}, {Field: "allow_headers", Value: "*"}}}
	add := map[string][]string{"allow_origins": {"http://localhost:5173"}, "allow_methods": {"PUT"}, "allow_headers": {"X-A", "Authorization"}}
	withCredentials := map[string][]string{"allow_credentials": {"true"}}
	for field, values := range add {
		withCredentials[field] = values
	}
	for _, test := range []struct {
		want                      Want
		origins, methods, headers []string
	}{
		{Want{Add: add}, []string{"*"}, []string{"*"}, []string{"*", "Authorization"}},
		{Want{Add: withCredentials}, add["allow_origins"], add["allow_methods"], add["allow_headers"]},
		{Want{Set: map[string][]string{"allow_origins": {"*"}}}, []string{"*"}, []string{"*"}, []string{"*"}},
	} {
		for field, want := range map[string][]string{"allow_origins": test.origins, "allow_methods": test.methods, "allow_headers": test.headers} {
			if got := test.want.Values(field, draft); !slices.Equal(got, want) {
				t.Errorf("%+v: %s: %q, want %q", test.want, field, got, want)
			}
		}
		if _, err := test.want.Policy(draft); err != nil {
			t.Errorf("%+v: %v", test.want, err)
		}
	}
}
