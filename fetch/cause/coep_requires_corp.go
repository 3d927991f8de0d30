package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "coep-requires-corp", Side: Server, at: atFailed, rank: first, shows: []string{"Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy"},
		Title: "The page's Cross-Origin-Embedder-Policy demands a header that is missing",
		When:  "The page has Cross-Origin-Embedder-Policy, and the response says neither with CORS nor with Cross-Origin-Resource-Policy that other origins may load it; or it is a worker without that policy.",
		Why:   "With require-corp, a page loads from other origins only what allows that. Without CORS, a response allows it with Cross-Origin-Resource-Policy. A worker needs the policy itself.",
		Fix:   "Send Cross-Origin-Resource-Policy: cross-origin with {url}, or load it with the crossorigin attribute and CORS. Send Cross-Origin-Embedder-Policy: require-corp with workers. If the page does not need to be isolated, remove its Cross-Origin-Embedder-Policy, or use credentialless.",
		Example: Scenario{Page: app, Embedder: fetch.EmbedderRequireCORP, Request: fetch.Request{URL: "https://cdn.example.net/logo.png", Options: fetch.Options{Destination: fetch.DestinationImage}}, Answers: []Answer{
			{Status: 200, Headers: "Content-Type: image/png"},
		}},
		Fixed: answered(Answer{Status: 200, Headers: "Content-Type: image/png\nCross-Origin-Resource-Policy: cross-origin"}),
		applies: func(s *scene) bool {
			return s.reason() == fetch.ReasonEmbedder || s.code() == string(fetch.CodeNotSameOriginByCOEP)
		},
	}
})
