package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "response-body-broken", Side: Server, at: atFailed, rank: garbled, shows: []string{"Content-Length", "Transfer-Encoding", "Content-Encoding"},
		Title:   "The body of the response breaks off or cannot be decoded",
		When:    "The head of the response passes all checks, and its body is shorter than it says, is cut off, or is not in the encoding that it names.",
		Why:     "This is not CORS: the response may be read. But the browser does not get its body whole. An application or proxy that crashes while it sends, a wrong Content-Length, and a body that is compressed twice or not at all do this.",
		Fix:     "Read the logs of the server and of the proxy in front of it, and let only one of them set Content-Length and Content-Encoding.",
		Example: fromApp(get(), Answer{Status: 200, Headers: allowed + "Content-Length: 20", BodyError: fetch.CodeLengthMismatch}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.err().Body },
	}
})
