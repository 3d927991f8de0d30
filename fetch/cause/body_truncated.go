package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "body-truncated", Side: Server, at: atFailed, rank: garbled, shows: []string{"Content-Length", "Transfer-Encoding"},
		Title:   "The body of the response breaks off",
		When:    "The head of the response passes all checks, and its body is shorter than Content-Length, lacks its last chunk, or ends with the connection.",
		Why:     "This is not CORS: the response may be read. But the browser does not get its body whole. An application or proxy that crashes or runs out of time while it sends, and a wrong Content-Length, do this.",
		Fix:     "Read the logs of the server and of the proxy in front of it, and let only one of them set Content-Length.",
		Example: fromApp(get(), Answer{Status: 200, Headers: allowed + "Content-Length: 20", BodyError: fetch.CodeLengthMismatch}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.err().Body && !s.undecodable() },
	}
})
