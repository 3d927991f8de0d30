package cause

import "github.com/corsac-dev/corsac/origin"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-case-mismatch",
		Title:   "The allowed origin is in upper case: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin, except that it has upper-case letters.",
		Why:     exactly + "They write the scheme and host in lower case.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeUpperCase) },
	}, "https://App.example.com")
})
