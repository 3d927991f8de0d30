package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "r2", Aliases: []string{"cloudflare-r2"}, Title: "Cloudflare R2", Layer: Storage,
	Holds:    Preflights | Quiet,
	Signs:    []Sign{host(".r2.cloudflarestorage.com"), host(".r2.dev")},
	Projects: []Project{{File: "wrangler.toml", Contains: "r2_buckets", Sure: finding.Likely}},
	Snippet: func(p *cors.Policy) Snippet {
		rule, d := bucketRuleFor(p, "R2", 0)
		return Snippet{
			File: "cors.json", Place: "in the settings of the bucket, under CORS policy",
			Code: jsonLines([]*bucketRule{rule}), Shortfall: d.Shortfall,
		}
	},
	Advice: storageAdvice("bucket"),
})
