package cause

import "github.com/corsac-dev/corsac/origin"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-trailing-slash",
		Title:   "The allowed origin ends with a slash: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin, followed by a slash.",
		Why:     exactly + "An origin does not end with a slash.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeTrailingSlash) },
	}, app+"/")
})
