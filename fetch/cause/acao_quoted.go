package cause

import "strings"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-quoted",
		Title: "The allowed origin is in quotes: {value}",
		When:  "Access-Control-Allow-Origin is the page's origin or * in quotes.",
		Why:   exactly + "The quotes are part of the value.",
		applies: func(s *scene) bool {
			value := s.answer(allowOrigin)
			bare := strings.Trim(value, `"'`+"`")
			return bare != value && (bare == s.sent() || bare == "*")
		},
	}, `"https://app.example.com"`)
})
