package cause

import "github.com/corsac-dev/corsac/origin"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-has-path",
		Title: "The allowed origin has a path: {value}",
		When:  "Access-Control-Allow-Origin is a URL of the page's origin, with a path or query.",
		Why:   exactly + "An origin is a scheme, host and port, without a path.",
		applies: func(s *scene) bool {
			return s.spelt(origin.CodePath) || s.spelt(origin.CodeQuery) || s.spelt(origin.CodeFragment)
		},
	}, app+"/shop")
})
