package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-invisible-character",
		Title: "The allowed origin contains an invisible character",
		When:  "Access-Control-Allow-Origin is the page's origin, with control characters or bytes that are not ASCII added.",
		Why:   exactly + "Such characters get into a configuration when text is copied from a web page or document.",
		Fix:   "Retype the origin by hand in the server's configuration.",
		applies: func(s *scene) bool {
			value := s.answer(protocol.AllowOrigin)
			visible := onlyVisible(value)
			return visible != value && visible == s.sent()
		},
	}, app+"\u200b")
})
