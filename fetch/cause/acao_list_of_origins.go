package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-list-of-origins",
		Title: "Access-Control-Allow-Origin lists several origins",
		When:  "Access-Control-Allow-Origin is one line with several values.",
		Why:   oneOrigin + "The list belongs in the server, which looks up the page's origin and responds with that one.",
		Fix:   "Keep the list in the server, and respond with {sent} if it is on the list, with Vary: Origin.",
		applies: func(s *scene) bool {
			return len(s.last.ResponseHeaders.Values(protocol.AllowOrigin)) == 1 && len(strings.FieldsFunc(s.answer(protocol.AllowOrigin), isSeparator)) > 1
		},
	}, "https://admin.example.com, https://app.example.com")
})
