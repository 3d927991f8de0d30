package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var s3Source = &Source{
	Files: bucketFiles,
	Rules: []*Rule{
		s3Wide, s3Common.null, s3Common.never, s3Common.literal, s3Bucket.method, s3Bucket.rules, s3Expose, s3Bucket.header, s3Bucket.safelisted,
	},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, bucketFiles, []string{"AllowedOrigin", "allowed_origins"}, s3Common, func(f *confFile, at *conftree.At) {
			if isBucketRule(at) && !isAzureRule(at) && !isR2(t, f.file) {
				f.s3Rule(at)
			}
		})
	},
}

var (
	s3Common = commonRulesOf("s3", "S3")
	s3Bucket = bucketRulesOf("s3", "S3", "GET, HEAD, POST, PUT and DELETE")
	s3Wide   = ruleMaker("s3").rule("wildcard-too-wide", finding.Error, "",
		"The wildcard matches domains of others",
		"The * stands for any text, so that *example.com also matches https://evilexample.com, and https://example.* https://example.evil.example.",
		"Write https://*.example.com.")
	s3Expose = ruleMaker("s3").rule("expose-wildcard", finding.Error, "header-not-exposed",
		"S3 does not know * for exposed headers",
		"It refuses the rules.",
		"List the headers that pages read, such as ETag.")
)

// s3Keys are the settings of a rule in JSON, XML, CloudFormation and Terraform.
var s3Keys = bucketKeys{
	origins: []string{"allowedorigins", "allowedorigin"},
	methods: []string{"allowedmethods", "allowedmethod"},
	headers: []string{"allowedheaders", "allowedheader"},
	expose:  []string{"exposeheaders", "exposeheader", "exposedheaders"},
	maxAge:  []string{"maxageseconds", "maxage"},
}

// isBucketRule reports whether a map is a rule of S3 or R2, by what is in it and
// where it stands.
func isBucketRule(at *conftree.At) bool {
	if !at.Is(conftree.Map) || key(at.Node, s3Keys.origins...) == nil || key(at.Node, s3Keys.methods...) == nil {
		return false
	}
	in := strings.ToLower(strings.ReplaceAll(at.Key, "_", ""))
	if at.Key == "" {
		in = strings.ToLower(strings.ReplaceAll(at.Parent().Key, "_", ""))
	}
	return slices.Contains([]string{"", "corsrules", "corsrule", "content", "corsconfiguration"}, in)
}

// most is how many rules S3 takes.
const most = 100

// s3Rule reads a rule.
func (f *confFile) s3Rule(at *conftree.At) {
	s := &bucketSite{f.site(bucketNumber(at), at.Node), s3Bucket, s3Methods}
	if rules := max(len(at.Parent().Items), len(at.Parent().All(at.Key))); rules > most {
		s.fault(s.rules, at.Span, "")
	}
	parts := s.partsOf("allow_origins", key(at.Node, s3Keys.origins...), "")
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	for _, p := range parts {
		if p.text == "*" {
			s.anyOrigin(p.at)
		} else {
			s.starOrigin(p, s3Wide, texts)
		}
	}
	s.covered()
	if !s.everyone {
		s.remark(Differs, "allow_credentials", "S3 allows credentials to listed origins by itself, but ignores cookies; add allow_credentials if your pages ask for them.", at.Span)
	}
	s.methods(key(at.Node, s3Keys.methods...), "")
	s.headers("allow_headers", key(at.Node, s3Keys.headers...), "")
	expose := key(at.Node, s3Keys.expose...)
	for _, p := range s.partsOf("expose_headers", expose, "") {
		if p.text == "*" {
			s.fault(s3Expose, p.at, "")
			s.remark(Lost, "expose_headers", "S3 does not know * here.", p.at)
			continue
		}
		s.entry("expose_headers", p.text, p.at)
	}
	s.maxAge(key(at.Node, s3Keys.maxAge...))
	s.later("S3")
	s.finish()
}
