package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-literal-null",
		Title:   "The server allows the origin null instead of {sent}",
		When:    "Access-Control-Allow-Origin is null, and the page's origin is not.",
		Why:     exactly + "The word null stands for pages without an origin, such as local files and sandboxed frames; any site can make one.",
		Fix:     "Respond with {sent}, and never with null.",
		applies: func(s *scene) bool { return s.answer(protocol.AllowOrigin) == "null" },
	}, "null")
})
