package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "coep-requires-corp", Side: cause.Server,
	Title:   "The page's Cross-Origin-Embedder-Policy blocks the resource",
	Why:     "A page with Cross-Origin-Embedder-Policy: require-corp may load only resources that allow it. This one has neither Cross-Origin-Resource-Policy nor CORS.",
	Fix:     "Let the server of the resource send Cross-Origin-Resource-Policy: cross-origin, or load it with crossorigin and CORS. Where the page does not need isolation, remove its Cross-Origin-Embedder-Policy, or use credentialless.",
	Message: "GET https://static.example.net/logo.png net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep 200 (OK)",
})
