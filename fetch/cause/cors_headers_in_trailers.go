package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cors-headers-in-trailers", Side: Server, at: atMissing, rank: first, shows: []string{"Trailer"},
		Title: "The CORS headers come after the body, as trailers",
		When:  "The response lacks Access-Control-Allow-Origin and announces it as a trailer.",
		Why:   "Browsers look only at the headers before the body.",
		Fix:   "Set the header before the handler writes the status or the first byte of the body.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Trailer: Access-Control-Allow-Origin",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.lists("Trailer", protocol.AllowOrigin) },
	}
})
