package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "client-sets-response-header", Side: Page, at: atHeaders, rank: first, shows: []string{">" + protocol.RequestHeaders},
		Title:   "The page sends a header that only a server can use: {refused}",
		When:    "The page sets a header such as Access-Control-Allow-Origin on the request.",
		Why:     "The headers that allow a request are for the server to send. On a request they do nothing, except that the server would have to allow them, too.",
		Fix:     "Remove the header from the page's request, and set it on the server's response.",
		Example: fromApp(get(fetch.Header{Name: "Access-Control-Allow-Origin", Value: "*"}), granted),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.setsResponseHeader() && s.code() != string(fetch.CodeInvalidAllowHeadersPreflightResponse)
		},
	}
})
