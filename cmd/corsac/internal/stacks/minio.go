package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "minio", Title: "MinIO", Layer: Storage,
	Why:      "MinIO has one setting for the whole server, MINIO_API_CORS_ALLOW_ORIGIN, a list of origins.",
	Signs:    []Sign{header(finding.Certain, "Server", "MinIO"), hasHeader(finding.Certain, "X-Minio-Deployment-Id")},
	Projects: []Project{{File: "*compose*.y*ml", Contains: "minio/minio", Sure: finding.Likely}},
	Snippet:  minioSnippet,
	Advice: map[string]Advice{
		"origin-not-allowed":        {Text: "Add the origin to `cors_allow_origin`, which is about the whole server."},
		"storage-cors-rule-missing": {Text: "Add the origin to `cors_allow_origin`, which is about the whole server: buckets have no rules of their own in the community edition."},
	},
})

func minioSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "MinIO", canSubdomains|canPorts|canList|canCredentials|canEcho)
	if !d.anyRequest() || !d.credentials {
		d.widen(insteadProxy, "MinIO allows all methods and headers to these origins, with credentials.")
	}
	return Snippet{
		File: ".env", Place: "in the environment of the server, or: mc admin config set ALIAS api cors_allow_origin=…, then restart it",
		Code: "MINIO_API_CORS_ALLOW_ORIGIN=" + strings.Join(oneStar(d), ","), Shortfall: d.Shortfall,
	}
}
