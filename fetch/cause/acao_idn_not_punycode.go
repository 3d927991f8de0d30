package cause

import (
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-idn-not-punycode",
		Title:   "The allowed origin has a host that is not in Punycode",
		When:    "Access-Control-Allow-Origin has a host with letters that are not ASCII, and is the page's origin otherwise.",
		Why:     exactly + "They write such a host in ASCII, with xn-- in it.",
		Example: Scenario{Page: "https://xn--bcher-kva.example", Request: get()},
		applies: func(s *scene) bool {
			return s.spelt(origin.CodeUnicode) && onlyVisible(s.answer(protocol.AllowOrigin)) != s.sent()
		},
	}, "https://bücher.example")
})
