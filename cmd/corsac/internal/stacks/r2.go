package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "r2", Aliases: []string{"cloudflare-r2"}, Title: "Cloudflare R2", Layer: Storage,
	Holds:    Preflights | Quiet,
	Proof:    Schema,
	Why:      "The format is that of S3, but origins are compared as a whole. Headers are sent only with requests that the rules allow; a rule takes up to 30 seconds to apply.",
	Signs:    []Sign{host(".r2.cloudflarestorage.com"), host(".r2.dev")},
	Projects: []Project{{File: "wrangler.toml", Contains: "r2_buckets", Sure: finding.Likely}},
	Source:   r2Source,
	Snippet: func(p *cors.Policy) Snippet {
		rule, d := bucketRuleFor(p, "R2", 0)
		return Snippet{
			File: "cors.json", Place: "in the settings of the bucket, under CORS policy",
			Code: jsonLines([]*bucketRule{rule}), Shortfall: d.Shortfall,
		}
	},
	Advice: storageAdvice("bucket"),
})
