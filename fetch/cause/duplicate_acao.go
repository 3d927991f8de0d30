package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "duplicate-acao", Side: Server, at: atOrigin, rank: garbled, shows: []string{protocol.AllowOrigin, "Server", "Via"},
		Title: "Access-Control-Allow-Origin is set twice; only one layer may set it",
		When:  "The response has several Access-Control-Allow-Origin lines.",
		Why:   "Browsers refuse two lines even if they are equal. Usually a proxy adds its own although the application has already set the header.",
		Fix:   "Remove CORS from one of the two layers; in nginx, proxy_hide_header Access-Control-Allow-Origin drops the application's.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nAccess-Control-Allow-Origin: *",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return len(s.last.ResponseHeaders.Values(protocol.AllowOrigin)) > 1 },
	}
})
