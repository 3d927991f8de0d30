package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "sri-needs-crossorigin", Side: cause.Page,
	Title:   "A tag with integrity needs crossorigin, too",
	Why:     "The browser can check the hash of a file of another origin only if it may read the file. Without crossorigin on the tag it may not.",
	Fix:     "Add crossorigin=\"anonymous\" to the tag. The server of the file must send Access-Control-Allow-Origin; public CDNs do.",
	Message: "Subresource Integrity: The resource 'https://cdn.example.net/i.js' has an integrity attribute, but the resource requires the request to be CORS enabled to check the integrity, and it is not. The resource has been blocked because the integrity cannot be enforced.",
})
