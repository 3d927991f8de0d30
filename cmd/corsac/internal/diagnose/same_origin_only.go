package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "same-origin-only", Side: cause.Page,
	Title:   "This kind of resource loads only from the page's own origin",
	Why:     "Workers, service workers, XSLT and the use element of SVG do not load from another origin. No CORS header changes that.",
	Fix:     "Serve the file from the page's own origin. A worker can also be made from a Blob that imports the script.",
	Message: "Failed to construct 'Worker': Script at 'https://cdn.example.net/worker.js' cannot be accessed from origin 'https://app.example.com'.",
})
