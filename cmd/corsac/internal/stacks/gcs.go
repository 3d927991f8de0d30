package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "gcs", Aliases: []string{"google-cloud-storage"}, Title: "Google Cloud Storage", Layer: Storage,
	Holds: Preflights,
	Why:   "responseHeader is the list for both request headers and exposed headers, so the two are joined. Origins are compared as a whole, and there are no credentials.",
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Goog-Storage-Class"), hasHeader(finding.Certain, "X-Goog-Generation"),
		hasHeader(finding.Likely, "X-GUploader-UploadID"), host("storage.googleapis.com"),
	},
	Projects: []Project{{File: "*.tf", Contains: `"google_storage_bucket"`, Sure: finding.Likely}},
	Source:   gcsSource,
	Snippet:  gcsSnippet,
	Advice:   storageAdvice("bucket"),
})

func gcsSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Cloud Storage", canList|canExpose|canMaxAge)
	known := append([]string{"PATCH"}, s3Methods...)
	type rule struct {
		Origin         []string `json:"origin"`
		Method         []string `json:"method"`
		ResponseHeader []string `json:"responseHeader,omitempty"`
		MaxAgeSeconds  *int     `json:"maxAgeSeconds,omitempty"`
	}
	r := rule{d.origins(), d.listed(known), names(append(d.headers[:len(d.headers):len(d.headers)], d.expose...), strings.EqualFold), d.seconds()}
	if !sameNames(d.headers, d.expose) {
		d.widen("Make allow_headers and expose_headers the same, or move CORS to a proxy before it, such as corsac generate nginx.", "Cloud Storage has one list for the headers that pages may send and those that they may read.")
	}
	return Snippet{
		File: "cors.json", Place: "then run: gcloud storage buckets update gs://NAME --cors-file=cors.json",
		Code: jsonLines([]rule{r}), Shortfall: d.Shortfall,
	}
}
