package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acah-syntax-error", Side: Policy, at: atHeaders, rank: first, shows: []string{protocol.AllowHeaders},
		Title:   "Access-Control-Allow-Headers cannot be parsed: {headers}",
		When:    "Access-Control-Allow-Headers is not a comma-separated list of header names.",
		Why:     "One mistake anywhere in the list makes browsers reject the whole response.",
		Fix:     "Separate the names with commas only, without quotes or brackets: Content-Type, X-Api-Key.",
		Example: fromApp(get(key), grants("Access-Control-Allow-Headers: Content-Type; X-Api-Key")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeInvalidAllowHeadersPreflightResponse) },
	}
})
