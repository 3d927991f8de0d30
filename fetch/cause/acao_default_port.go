package cause

import "github.com/corsac-dev/corsac/origin"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-default-port",
		Title:   "The allowed origin has a port that browsers omit: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin with the default port of its scheme.",
		Why:     exactly + "They omit :443 for https and :80 for http.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeDefaultPort) },
	}, app+":443")
})
