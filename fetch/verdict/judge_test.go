package verdict_test

import (
	"context"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestJudge checks what the conversation says of each header of an answer: o for
// passed, x for failed, - for not checked.
func TestJudge(t *testing.T) {
	const origin, credentials, methods, headers = "Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Credentials: true",
		"Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-a"
	put := fetch.Request{Method: "PUT", Headers: fetch.Headers{{Name: "X-A", Value: "1"}}, Options: fetch.Options{Credentials: fetch.CredentialsInclude}}
	simple := fetch.Request{Method: "GET"}
	asked := fetch.Request{Method: "POST", Headers: put.Headers}
	for _, test := range []struct {
		name, want string
		request    fetch.Request
		status     int
		answer     string
	}{
		{"all asked", "oooo|oo--", put, 204, origin + "\n" + credentials + "\n" + methods + "\n" + headers},
		{"nothing asked", "o---", simple, 204, origin + "\n" + credentials + "\n" + methods + "\n" + headers},
		{"a header asked", "o--o|o---", asked, 204, origin + "\n" + credentials + "\n" + methods + "\n" + headers},
		{"origin refused", "x---", put, 204, origin + ".evil\n" + credentials + "\n" + methods + "\n" + headers},
		{"credentials refused", "ox--", put, 204, origin + "\n" + credentials + "!\n" + methods + "\n" + headers},
		{"status refused", "oo--", put, 404, origin + "\n" + credentials + "\n" + methods + "\n" + headers},
		{"method refused", "oox-", put, 204, origin + "\n" + credentials + "\n" + methods + "T\n" + headers},
		{"header refused", "ooox", put, 204, origin + "\n" + credentials + "\n" + methods + "\n" + headers + "bc"},
		{"redirect refused", "-x", put, 302, origin + "\nLocation: /"},
		{"page's own server", "-", fetch.Request{URL: "https://app.example.com/"}, 200, origin},
	} {
		if test.request.URL == "" {
			test.request.URL = "https://api.example.com/"
		}
		page, err := fetch.NewPage(fetch.PageConfig{Origin: "https://app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		answer := &fetch.WireResponse{Status: test.status}
		for line := range strings.SplitSeq(test.answer, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: value})
		}
		o := fetch.New(fetch.Config{}).Fetch(t.Context(), page, &test.request, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
			return answer, nil
		})
		marks := map[verdict.LineKind]string{verdict.LineHeader: "-", verdict.LinePassed: "o", verdict.LineFailed: "x"}
		got := make([]string, len(o.Wire))
		for _, l := range verdict.Of(o, verdict.Facts{}).Conversation() {
			got[l.Request] += marks[l.Kind]
		}
		if marks := strings.Join(got, "|"); marks != test.want {
			t.Errorf("%s: %s, want %s (%v)", test.name, marks, test.want, o.Error)
		}
	}
}
