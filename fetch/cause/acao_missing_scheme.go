package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-missing-scheme",
		Title: "The allowed origin has no scheme: {value}",
		When:  "Access-Control-Allow-Origin is the host and port of the page's origin, without the scheme.",
		Why:   exactly + "An origin begins with http:// or https://.",
		applies: func(s *scene) bool {
			_, rest, ok := strings.Cut(s.sent(), "://")
			return ok && strings.EqualFold(strings.TrimSuffix(strings.TrimPrefix(s.answer(protocol.AllowOrigin), "//"), "/"), rest)
		},
	}, "app.example.com")
})
