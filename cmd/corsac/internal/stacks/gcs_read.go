package stacks

import (
	"path"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var gcsSource = &Source{
	Files: bucketFiles,
	Rules: []*Rule{gcsCommon.null, gcsCommon.never, gcsCommon.literal, gcsBucket.method, gcsOneList, gcsBucket.header, gcsBucket.safelisted},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, bucketFiles, []string{"method"}, gcsCommon, func(f *confFile, at *conftree.At) {
			if isGCSRule(f.file, at) {
				f.gcsRule(at)
			}
		})
	},
}

var (
	gcsCommon  = commonRulesOf("gcs", "Cloud Storage")
	gcsBucket  = bucketRulesOf("gcs", "Cloud Storage", "GET, HEAD, POST, PUT, PATCH and DELETE")
	gcsOneList = ruleMaker("gcs").rule("one-list", finding.Note, "",
		"One list is for two purposes",
		"responseHeader has the headers that pages may send, and also those that they may read.",
		"Nothing, if that is meant; no other setting exists.")
	gcsMethods = append([]string{"PATCH", "OPTIONS", "*"}, s3Methods...)
)

// isGCSRule reports whether a map is a rule of Cloud Storage.
func isGCSRule(f *source.File, at *conftree.At) bool {
	if !at.Is(conftree.Map) || key(at.Node, "origin", "origins") == nil || key(at.Node, "method", "methods") == nil {
		return false
	}
	in := strings.ToLower(at.Key)
	if in == "" {
		in = strings.ToLower(at.Parent().Key)
	}
	named := in == "cors" || in == "content"
	return named || in == "" && (strings.Contains(strings.ToLower(path.Base(f.Name)), "cors") || key(at.Node, "responseheader", "maxageseconds") != nil)
}

// gcsList returns a list of a rule, which XML has in an element of its own.
func gcsList(rule *conftree.Node, plural, singular string) *conftree.Node {
	n := key(rule, plural, singular)
	if n.Is(conftree.Map) && comesFrom(n) == "" {
		return key(n, singular)
	}
	return n
}

// gcsRule reads a rule.
func (f *confFile) gcsRule(at *conftree.At) {
	s := &bucketSite{f.site(bucketNumber(at), at.Node), gcsBucket, gcsMethods}
	for _, p := range s.partsOf("allow_origins", gcsList(at.Node, "origins", "origin"), "") {
		if p.text == "*" {
			s.anyOrigin(p.at)
		} else {
			s.exact(p)
		}
	}
	s.methods(gcsList(at.Node, "methods", "method"), "")
	list := gcsList(at.Node, "responseheaders", "responseheader")
	s.headers("allow_headers", list, "")
	s.headers("expose_headers", list, "")
	if len(list.Each()) > 0 {
		s.fault(gcsOneList, list.Span, "")
		s.remark(Differs, "expose_headers", "The list is for request headers and for exposed ones.", list.Span)
	}
	s.maxAge(key(at.Node, "maxageseconds", "maxagesec"))
	s.later("Cloud Storage")
	s.finish()
}
