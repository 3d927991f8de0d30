package stacks_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

func TestReadExpression(t *testing.T) {
	const labels = `(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+`
	for _, c := range []struct {
		expr             string
		how              stacks.Matching
		origins, regexps string
		unanchored, all  bool
	}{
		{`^https://app\.example\.com$`, stacks.MatchSearch, "https://app.example.com", "", false, false},
		{`^https:\/\/app\.example\.com$`, stacks.MatchSearch, "https://app.example.com", "", false, false},
		{`^https://` + labels + `example\.org$`, stacks.MatchSearch, "https://*.example.org", "", false, false},
		{`^https?://localhost$`, stacks.MatchSearch, "", `https?://localhost`, false, false},
		{`^http://localhost(?::\d+)?$`, stacks.MatchSearch, "http://localhost:*", "", false, false},
		{`https://` + labels + `example\.org`, stacks.MatchWhole, "https://*.example.org", "", false, false},
		{`https://` + labels + `example\.org`, stacks.MatchSearch, "https://*.example.org", "", true, false},
		{`https://` + labels + `example\.org`, stacks.MatchPrefix, "https://*.example.org", "", true, false},
		{`^(?:https://a\.example|https://b\.example)$`, stacks.MatchSearch, "https://a.example https://b.example", "", false, false},
		{`^https://a\.example$|^https://b\.example$`, stacks.MatchSearch, "https://a.example https://b.example", "", false, false},
		{`^https://a\.example|https://b\.example$`, stacks.MatchSearch, "https://a.example https://b.example", "", true, false},
		{`example\.com$`, stacks.MatchSearch, "", `example\.com`, true, false},
		{`^https://app.example\.com$`, stacks.MatchSearch, "", `https://app.example\.com`, false, false},
		{`^https://a\.example\$`, stacks.MatchSearch, "", `https://a\.example\$`, true, false},
		{`^https://[(|]\.example$`, stacks.MatchSearch, "", `https://[(|]\.example`, false, false},
		{`^(a)|(b)$`, stacks.MatchSearch, "", `a b`, true, false},
		{`^(https://a\.example|)$`, stacks.MatchSearch, "https://a.example", "", false, false},
		{`.*`, stacks.MatchWhole, "", "", false, true},
		{`^.*$`, stacks.MatchSearch, "", "", false, true},
		{``, stacks.MatchSearch, "", "", false, true},
	} {
		got, err := stacks.ReadExpression(c.expr, c.how)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		want := stacks.Expression{Origins: strings.Fields(c.origins), Regexps: strings.Fields(c.regexps), Unanchored: c.unanchored, Everything: c.all}
		if len(want.Origins) == 0 {
			want.Origins = nil
		}
		if len(want.Regexps) == 0 {
			want.Regexps = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, not %+v", c.expr, got, want)
		}
	}
	if _, err := stacks.ReadExpression(`^(?!evil)`, stacks.MatchSearch); err == nil {
		t.Error("an expression that looks ahead was read")
	}
}
