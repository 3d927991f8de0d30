package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var azureStorageSource = &Source{
	Files: bucketFiles,
	Rules: []*Rule{
		azureStorageCommon.null, azureStorageCommon.never, azureStorageCommon.literal, azureStorageBucket.method, azureStorageBucket.rules, azureStorageOrigins,
		azureStorageBucket.header, azureStorageBucket.safelisted,
	},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, bucketFiles, []string{"maxAgeInSeconds", "max_age_in_seconds"}, azureStorageCommon, func(f *confFile, at *conftree.At) {
			if isAzureRule(at) {
				f.azureRule(at)
			}
		})
	},
}

var azureStorageRule = ruleMaker("azure-storage").rule

var (
	azureStorageCommon  = commonRulesOf("azure-storage", "Azure Storage")
	azureStorageBucket  = bucketRulesOf("azure-storage", "Azure Storage", strings.Join(azureMethods, ", "))
	azureStorageOrigins = azureStorageRule("too-many-origins", finding.Error, "",
		"A rule takes 64 origins at most",
		"Azure Storage refuses the rules.",
		"Write more rules, of which there can be 5, or remove origins.")
)

// The bounds of Azure Storage.
const (
	azureMostRules   = 5
	azureMostOrigins = 64
)

// isAzureRule reports whether a map is a rule of Azure Storage: all of its
// settings are required, and this one nobody else has.
func isAzureRule(at *conftree.At) bool {
	return at.Is(conftree.Map) && key(at.Node, "maxageinseconds") != nil && key(at.Node, "allowedorigins") != nil
}

// azureRule reads a rule.
func (f *confFile) azureRule(at *conftree.At) {
	s := &bucketSite{f.site(bucketNumber(at), at.Node), azureStorageBucket, azureMethods}
	if rules := max(len(at.Parent().Items), len(at.Parent().All(at.Key))); rules > azureMostRules {
		s.fault(s.rules, at.Span, "")
	}
	origins := key(at.Node, "allowedorigins")
	parts := s.partsOf("allow_origins", origins, ",")
	if len(parts) > azureMostOrigins {
		s.fault(azureStorageOrigins, origins.Span, "")
	}
	for _, p := range parts {
		if p.text == "*" {
			s.anyOrigin(p.at)
		} else {
			s.exact(p)
		}
	}
	s.methods(key(at.Node, "allowedmethods"), ",")
	s.headers("allow_headers", key(at.Node, "allowedheaders"), ",")
	s.headers("expose_headers", key(at.Node, "exposedheaders"), ",")
	s.maxAge(key(at.Node, "maxageinseconds"))
	s.later("Azure Storage")
	s.finish()
}
