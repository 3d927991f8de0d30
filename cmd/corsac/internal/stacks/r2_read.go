package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var r2Source = &Source{
	Files: r2Names,
	Rules: []*Rule{r2Common.null, r2Common.never, r2Common.literal, r2Bucket.method, r2Bucket.header, r2Bucket.safelisted},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, bucketFiles, []string{"AllowedOrigin"}, r2Common, func(f *confFile, at *conftree.At) {
			if isBucketRule(at) && !isAzureRule(at) && isR2(t, f.file) {
				f.r2Rule(at)
			}
		})
	},
}

var (
	r2Common = commonRulesOf("r2", "R2")
	r2Bucket = bucketRulesOf("r2", "R2", "GET, HEAD, POST, PUT and DELETE")
	// r2Names are the names of files with rules that are for R2, which look as
	// those of S3.
	r2Names = []string{"*r2*.json", "*R2*.json"}
)

// r2Files returns the names of the files whose rules are for R2: those that say
// so, and those for CORS beside a configuration with buckets of R2.
func r2Files(t *source.Tree) []string {
	names := t.Names(r2Names...)
	for _, f := range t.Files("wrangler.toml", "wrangler.json", "wrangler.jsonc") {
		if strings.Contains(f.Text, "r2_buckets") {
			return append(names, t.Names("*cors*.json")...)
		}
	}
	return names
}

// isR2 reports whether the rules of a file are for R2.
func isR2(t *source.Tree, f *source.File) bool { return slices.Contains(r2Files(t), f.Name) }

// r2Rule reads a rule.
func (f *confFile) r2Rule(at *conftree.At) {
	s := &bucketSite{f.site(bucketNumber(at), at.Node), r2Bucket, s3Methods}
	for _, p := range s.partsOf("allow_origins", key(at.Node, s3Keys.origins...), "") {
		if p.text == "*" {
			s.anyOrigin(p.at)
		} else {
			s.exact(p)
		}
	}
	s.methods(key(at.Node, s3Keys.methods...), "")
	s.headers("allow_headers", key(at.Node, s3Keys.headers...), "")
	s.headers("expose_headers", key(at.Node, s3Keys.expose...), "")
	s.maxAge(key(at.Node, s3Keys.maxAge...))
	s.later("R2")
	s.finish()
}
