package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-localhost-vs-ip",
		Title:   "The server allows {value}: localhost and its address are two origins",
		When:    "Access-Control-Allow-Origin and the page's origin are localhost and an address of the machine itself.",
		Why:     exactly + "localhost and 127.0.0.1 are the same machine, but two origins.",
		Fix:     "Open the page at {value}, or add {sent} to the origins that the server allows.",
		Example: Scenario{Page: "http://127.0.0.1:5173", Request: fetch.Request{URL: "http://127.0.0.1:8000/items"}},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			here := a.AddressSpace() == origin.SpaceLoopback && s.page.AddressSpace() == origin.SpaceLoopback
			return ok && here && a.Host() != s.page.Host() && a.Port() == s.page.Port()
		},
	}, "http://localhost:5173")
})
