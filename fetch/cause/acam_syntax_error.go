package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acam-syntax-error", Side: Policy, at: atMethods, rank: first, shows: []string{protocol.AllowMethods},
		Title:   "Access-Control-Allow-Methods cannot be parsed: {methods}",
		When:    "Access-Control-Allow-Methods is not a comma-separated list of methods.",
		Why:     "One mistake anywhere in the list makes browsers reject the whole response.",
		Fix:     "Separate the methods with commas only, without quotes or brackets: GET, PUT.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: GET; PUT")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeInvalidAllowMethodsPreflightResponse) },
	}
})
