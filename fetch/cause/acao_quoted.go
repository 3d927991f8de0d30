package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-quoted",
		Title: "The allowed origin is in quotes: {value}",
		When:  "Access-Control-Allow-Origin is the page's origin or * in quotes.",
		Why:   exactly + "The quotes are part of the value.",
		applies: func(s *scene) bool {
			value := s.answer(protocol.AllowOrigin)
			bare := strings.Trim(value, `"'`+"`")
			return bare != value && (bare == s.sent() || bare == "*")
		},
	}, `"https://app.example.com"`)
})
