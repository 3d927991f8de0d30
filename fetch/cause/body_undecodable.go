package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "body-undecodable", Side: Server, at: atFailed, rank: garbled, shows: []string{"Content-Encoding", "Transfer-Encoding"},
		Title:   "The body of the response is not in the encoding that it names",
		When:    "The head of the response passes all checks, and its body is not what Content-Encoding or Transfer-Encoding says.",
		Why:     "This is not CORS: the response may be read. But the browser cannot decode its body. A body that is compressed twice or not at all does this, and so does a layer that changes the body and keeps the header.",
		Fix:     "Let only one of the server and the proxy in front of it compress responses and set Content-Encoding.",
		Example: fromApp(get(), Answer{Status: 200, Headers: allowed + "Content-Encoding: gzip", BodyError: fetch.CodeDecodingFailed}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.undecodable() },
	}
})

// undecodable reports whether a body cannot be decoded, or read as chunks.
func (s *scene) undecodable() bool {
	code := fetch.Code(s.code())
	return code == fetch.CodeDecodingFailed || code == fetch.CodeChunksInvalid
}
