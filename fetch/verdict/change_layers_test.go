package verdict_test

import (
	"context"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestChangeOfOthers checks that no change to the policy is suggested where the
// page or a second layer must change.
func TestChangeOfOthers(t *testing.T) {
	t.Parallel()
	page, err := fetch.NewPage(fetch.PageConfig{Origin: "https://app.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method string
		answer fetch.Headers
		want   []string
	}{
		{"GET", fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}, {Name: "Access-Control-Allow-Origin", Value: "*"}}, nil},
		{"patch", fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}, {Name: "Access-Control-Allow-Methods", Value: "GET, PATCH"}}, nil},
		{"patch", fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}}, []string{"PATCH"}},
	} {
		o := fetch.New(fetch.Config{}).Fetch(t.Context(), page, &fetch.Request{URL: "https://api.example/", Method: c.method}, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
			return &fetch.WireResponse{Status: 200, Headers: c.answer}, nil
		})
		var got []string
		for _, change := range verdict.Of(o, verdict.Facts{}).Change {
			got = append(got, change.Values...)
		}
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s, %v: change to %q, want %q", c.method, c.answer, got, c.want)
		}
	}
}
