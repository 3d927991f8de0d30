package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "service-worker-opaque", Side: cause.Page,
	Title:   "The page's service worker gives an opaque response to a request with CORS",
	Why:     "The service worker made the request with mode no-cors, or took such a response from its cache. A request with CORS needs a response with CORS.",
	Fix:     "In the service worker, pass event.request on unchanged, and cache only responses whose type is not opaque. Then unregister the old worker once.",
	Message: "The FetchEvent for \"https://api.example.com/items\" resulted in a network error response: an \"opaque\" response was used for a request whose type is not no-cors",
})
